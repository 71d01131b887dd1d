"""The definition that a file becomes, layer by layer, with the arrays of each; it decides nothing about operators."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from cyxwiz.onnx_import.carried import Carried, Folded, plain_axes
from cyxwiz.onnx_import.refusal import refusal, too_large
from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.shapes import MAX_ELEMENTS

FloatArray = npt.NDArray[np.float32]
INPUT_TYPE = "DatasetInput"
_ODD = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME = 80
_MOVING = frozenset({"reshape", "flatten"})
LARGEST_WEIGHTS_BYTES = 2 * 1024 * 1024 * 1024
"""Of all layers together; a file may name one weight many times, and each layer has its own."""


@dataclass(slots=True, eq=False)
class SketchedLayer:
    """One layer of ours.

    Attributes:
        kind: a key of `KINDS`; `input` for what enters.
        name: unique.
        written: its parameters as the definition will say them.
        inputs: ids of the layers that feed it.
        shape: what it gives for one example.
        arrays: its weights and statistics.
        label: the node of the file that it comes from, for messages.
        takes_bias: whether a sum behind it may still become its bias.
    """

    kind: str
    name: str
    written: dict[str, object]
    inputs: tuple[int, ...]
    shape: Shape
    label: str
    arrays: dict[str, FloatArray] = field(default_factory=dict)
    takes_bias: bool = False


class Sketch:
    """Layers in computing order; their ids are their places in the list."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.layers: list[SketchedLayer] = []
        self._names: set[str] = set()
        self._name, self._label = "", ""
        self._weights_bytes = 0

    def begin_node(self, name: str, label: str) -> None:
        """Name the layers that follow after this node of the file."""
        parts = [part for part in name.split("/") if part]
        self._name = _ODD.sub("_", "_".join(parts[:-1] or parts)).strip("_")[:_LONGEST_NAME]
        self._label = label

    def add_input(self, name: str, shape: Shape) -> int:
        """Add a place where the batch enters."""
        self._name, self._label = _ODD.sub("_", name).strip("_")[:_LONGEST_NAME], f"input {name!r}"
        return self._append("input", {"input_shape": list(shape)}, (), shape, {})

    def add(
        self,
        kind: str,
        written: Mapping[str, object],
        inputs: Sequence[int],
        arrays: Mapping[str, FloatArray] | None = None,
    ) -> int:
        """Add a layer and give its id.

        Raises:
            InvalidField: naming the file's node, when such a layer does not take what arrives.
        """
        try:
            parameters = read_parameters(KINDS[kind], written, self._label)
            arriving = tuple(self.layers[source].shape for source in inputs) or ((1,),)
            shape = KINDS[kind].output_shape(parameters, arriving)
        except InvalidField as error:
            raise refusal(f"{self._label} cannot become a layer {kind}: it {error.message}") from None
        if math.prod(shape) > MAX_ELEMENTS:
            raise refusal(f"{self._label} gives {shape} for one example, more than {MAX_ELEMENTS} numbers")
        return self._append(kind, dict(written), tuple(inputs), shape, dict(arrays or {}))

    def _append(
        self,
        kind: str,
        written: dict[str, object],
        inputs: tuple[int, ...],
        shape: Shape,
        arrays: dict[str, FloatArray],
    ) -> int:
        self._weights_bytes += sum(array.size * np.float32().itemsize for array in arrays.values())
        if self._weights_bytes > LARGEST_WEIGHTS_BYTES:
            raise too_large(f"{self._label} brings the weights of all layers over {LARGEST_WEIGHTS_BYTES:,} bytes")
        floats = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()}
        self.layers.append(SketchedLayer(kind, self._free_name(kind), written, inputs, shape, self._label, floats))
        return len(self.layers) - 1

    def _free_name(self, kind: str) -> str:
        wanted = name = self._name or kind
        count = 1
        while name in self._names:
            count += 1
            name = f"{wanted}_{count}"
        self._names.add(name)
        return name

    def follow(
        self,
        value: Carried,
        kind: str,
        written: Mapping[str, object] | None = None,
        arrays: Mapping[str, FloatArray] | None = None,
    ) -> Carried:
        """Add a layer that keeps the shape, behind a value; its axes stay where they are."""
        return replace(value, layer=self.add(kind, written or {}, [value.layer], arrays))

    def ordered(self, value: Carried, axes: Shape) -> int:
        """Give a layer with the value's numbers in this order of axes.

        Raises:
            InvalidField: when that would move the batch.
        """
        value = self.unfolded(value)
        if value.axes == axes:
            return value.layer
        if value.axes[0] != axes[0]:
            raise refusal(f"{self._label} needs its examples along axis {axes[0]}, and they lie along {value.axes[0]}")
        order = [value.axes.index(axis) for axis in axes]
        moved = [place for place in order[1:] if value.shape[place - 1] != 1]
        if moved == sorted(moved):
            return self.reshaped(value.layer, tuple(value.shape[place - 1] for place in order[1:]))
        return self.add("permute", {"dims": order}, [value.layer])

    def plain(self, value: Carried) -> int:
        """Give a layer with the value's numbers in the file's order, the batch first."""
        return self.ordered(value, plain_axes(value.rank))

    def reshaped(self, layer: int, shape: Shape) -> int:
        """Give a layer with the same numbers under another shape; one that is there already is taken."""
        source = layer
        while self.layers[source].shape != shape and self.layers[source].kind in _MOVING:
            (source,) = self.layers[source].inputs
        if self.layers[source].shape == shape:
            return source
        if len(shape) == 1:
            return self.add("flatten", {}, [source])
        return self.add("reshape", {"shape": [-1, *shape]}, [source])

    def unfolded(self, value: Carried) -> Carried:
        """Put the numbers of a vector into the file's order."""
        if value.folded is None:
            return value
        image = Carried(self.reshaped(value.layer, value.folded.shape), value.folded.shape, value.folded.axes)
        return Carried(self.add("flatten", {}, [self.plain(image)]), value.shape, value.axes)

    def flattened(self, value: Carried) -> Carried:
        """Give an example's numbers as a vector, and remember where each stands in the file's."""
        vector = self.reshaped(value.layer, (math.prod(value.shape),))
        kept = [axis for axis, size in zip(value.axes[1:], value.shape, strict=True) if size != 1]
        folded = None if kept == sorted(kept) else Folded(value.shape, value.axes)
        return Carried(vector, (math.prod(value.shape),), (0, 1), folded)
