"""The layers of a result as the emitter takes them: what `model.json` says of each, and its own arrays.

Everything that computing needs stands in `model.json`; no definition is read again and no shape inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import BadData
from shared.model_definition.graph import ParameterValue, Shape

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ExportedLayer:
    """One layer in computing order.

    Attributes:
        name: unique in the model.
        node_id: of the definition's node, for messages.
        kind: a key of `shared.model_definition.kinds.KINDS`.
        parameters: checked, defaults filled in.
        inputs: positions of the layers that feed it.
        input_shapes: one example's shapes, as they arrive.
        output_shape: one example's shape, as it leaves.
        arrays: weights and statistics, by their names inside the layer.
    """

    name: str
    node_id: str
    kind: str
    parameters: Mapping[str, ParameterValue]
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    arrays: Mapping[str, FloatArray]


def exported_layers(description: Mapping[str, Any], weights: Mapping[str, FloatArray]) -> tuple[ExportedLayer, ...]:
    """The layers that the description of a result lists, each with its arrays.

    Args:
        description: what `model.json` holds.
        weights: `<layer>.<array>` to array, as in `model.safetensors`.

    Raises:
        BadData: when this is no description that a result has.
    """
    try:
        return _layers(description["computed_layers"], weights)
    except (KeyError, TypeError, ValueError) as error:
        raise BadData(
            f"model.json does not describe a trained model of ours ({error!r}); take the files of one result"
        ) from None


def _layers(rows: list[Mapping[str, Any]], weights: Mapping[str, FloatArray]) -> tuple[ExportedLayer, ...]:
    positions = {row["name"]: position for position, row in enumerate(rows)}
    shapes = [tuple(row["output_shape"]) for row in rows]
    layers = []
    for row, shape in zip(rows, shapes, strict=True):
        inputs = tuple(positions[name] for name in row["inputs"])
        layers.append(
            ExportedLayer(
                name=row["name"],
                node_id=str(row.get("node_id", row["name"])),
                kind=row["kind"],
                parameters={name: _value(value) for name, value in row["parameters"].items()},
                inputs=inputs,
                input_shapes=tuple(shapes[position] for position in inputs),
                output_shape=shape,
                arrays=_own(row["name"], weights),
            )
        )
    return tuple(layers)


def _value(value: Any) -> ParameterValue:
    """JSON has lists where checked parameters have tuples."""
    return tuple(value) if isinstance(value, list) else value


def _own(layer: str, weights: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    prefix = f"{layer}."
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
