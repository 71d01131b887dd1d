"""Writes a sketch out: the definition as a designer graph, and the weights by the names that a result gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cyxwiz.onnx_import.refusal import refusal
from cyxwiz.onnx_import.sketch import INPUT_TYPE, FloatArray, Sketch
from shared.did_you_mean import quoted

OUTPUT_TYPE = "Output"


@dataclass(frozen=True, slots=True, eq=False)
class ImportedModel:
    """What a file became.

    Attributes:
        definition: a designer graph, as it is sent.
        weights: `<layer>.<array>` to array, as in `model.safetensors`.
    """

    definition: Mapping[str, Any]
    weights: Mapping[str, FloatArray]


def imported_model(sketch: Sketch, leaving: Mapping[str, int]) -> ImportedModel:
    """The model that ends with these layers; several are called by Output nodes, as the targets are that they need.

    Args:
        sketch: every layer that the file became.
        leaving: the layer that gives each of the file's outputs, by the output's name.

    Raises:
        InvalidField: when two outputs are one value, or a weight is no number.
    """
    _check_differ(leaving)
    kept = _needed(sketch, leaving.values())
    nodes = [_node(sketch, place) for place in kept]
    links = [
        _link(sketch, source, place, pin) for place in kept for pin, source in enumerate(sketch.layers[place].inputs)
    ]
    if len(leaving) > 1:
        for place, (name, layer) in enumerate(leaving.items(), start=len(sketch.layers)):
            nodes.append({"id": place, "type": OUTPUT_TYPE, "name": name, "parameters": {}})
            links.append(_link(sketch, layer, place, 0))
    weights = {
        f"{sketch.layers[place].name}.{name}": array
        for place in kept
        for name, array in sketch.layers[place].arrays.items()
    }
    _check_finite(weights)
    return ImportedModel({"nodes": nodes, "links": links}, weights)


def _check_differ(leaving: Mapping[str, int]) -> None:
    first: dict[int, str] = {}
    for name, layer in leaving.items():
        if layer in first:
            raise refusal(f"outputs {quoted(first[layer])} and {quoted(name)} are the same value; keep one of them")
        first[layer] = name


def _node(sketch: Sketch, place: int) -> dict[str, Any]:
    layer = sketch.layers[place]
    kind = INPUT_TYPE if layer.kind == "input" else layer.kind
    return {"id": place, "type": kind, "name": layer.name, "parameters": layer.written}


def _link(sketch: Sketch, source: int, target: int, pin: int) -> dict[str, int]:
    """A link; one that leaves a split says pin 0, since each of ours gives one part, the one that it names."""
    leaving = {"from_pin_index": 0} if sketch.layers[source].kind == "split" else {}
    return {"from_node": source, "to_node": target, "to_pin_index": pin} | leaving


def _needed(sketch: Sketch, last: Iterable[int]) -> list[int]:
    """The layers that the last ones depend on, and every input."""
    needed = {*last} | {place for place, layer in enumerate(sketch.layers) if layer.kind == "input"}
    for place in reversed(range(len(sketch.layers))):
        if place in needed:
            needed.update(sketch.layers[place].inputs)
    return sorted(needed)


def _check_finite(weights: Mapping[str, FloatArray]) -> None:
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise refusal(f"the weights {quoted(name)} hold NaN or infinity, which no training can go on from")
