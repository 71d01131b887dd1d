"""Collects the nodes and constants of an ONNX graph, and keeps each value in the order of axes it was made in.

Our values have their channels last, ONNX's windows want them first. A value is moved to the other order once, when
somebody first asks for it, so convolutions behind one another move nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper

from shared.model_definition.graph import Shape

NO_INPUT = ""
"""What stands for an optional input that is left out."""


@dataclass(frozen=True, slots=True)
class Value:
    """One array of the graph.

    Attributes:
        name: its name there.
        shape: one example's shape as ours, channels last.
        is_channels_first: whether in the graph the channels stand right behind the batch.
        is_integer: whether it holds tokens, int32, and not float32.
    """

    name: str
    shape: Shape
    is_channels_first: bool = False
    is_integer: bool = False


class GraphWriter:
    """Nodes and constants in the order in which they are written; names begin with that of the current layer."""

    def __init__(self, batch_of: str) -> None:
        """Begin a graph; the number of examples is that of the value named `batch_of`."""
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._batch_of = batch_of
        self._batch_size = ""
        self._layer = ""
        self._count = 0
        self._moved: dict[str, str] = {}

    def begin_layer(self, name: str) -> None:
        """Name what follows after this layer."""
        self._layer, self._count = name, 0

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one output and give the name of that."""
        (output,) = self.node_of(operator, 1, *inputs, **attributes)
        return output

    def node_of(self, operator: str, outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node and give the names of its outputs."""
        self._count += 1
        name = f"{self._layer}/{operator}_{self._count}"
        names = [name if place == 0 else f"{name}:{place}" for place in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=name, **attributes))
        return names

    def constant(self, name: str, array: npt.NDArray[Any]) -> str:
        """Add a constant of the current layer and give its name."""
        full = f"{self._layer}.{name}"
        taken = sum(constant.name == full or constant.name.startswith(f"{full}#") for constant in self.constants)
        full = f"{full}#{taken}" if taken else full
        self.constants.append(numpy_helper.from_array(np.asarray(array, order="C"), full))
        return full

    def number(self, name: str, value: float) -> str:
        """Add one float32 without axes."""
        return self.constant(name, np.asarray(value, np.float32))

    def integers(self, name: str, values: Sequence[int]) -> str:
        """Add a row of int64, such as axes or a shape."""
        return self.constant(name, np.asarray(values, np.int64))

    def reshaped(self, name: str, shape: Sequence[int]) -> str:
        """Give the array another shape behind the batch."""
        return self.node("Reshape", name, self.integers("shape", [0, *shape]))

    def channels_last(self, value: Value) -> str:
        """Give the value's array with the channels last."""
        rank = len(value.shape) + 1
        return self._in_order(value, [0, *range(2, rank), 1]) if value.is_channels_first else value.name

    def channels_first(self, value: Value) -> str:
        """Give the value's array with the channels behind the batch."""
        rank = len(value.shape) + 1
        is_there = value.is_channels_first or rank <= 2
        return value.name if is_there else self._in_order(value, [0, rank - 1, *range(1, rank - 1)])

    def batch_size(self) -> str:
        """Give the number of examples, as int64 `(1,)`."""
        if not self._batch_size:
            self._batch_size = self.node("Shape", self._batch_of, start=0, end=1)
        return self._batch_size

    def real(self, value: Value) -> Value:
        """Give the value as float32; tokens are numbers to every layer that looks nothing up."""
        if not value.is_integer:
            return value
        name = self.node("Cast", value.name, to=TensorProto.FLOAT)
        return Value(name, value.shape, value.is_channels_first)

    def _in_order(self, value: Value, order: list[int]) -> str:
        if value.name not in self._moved:
            moved = self.node("Transpose", value.name, perm=order)
            self._moved[value.name] = moved
            self._moved[moved] = value.name
        return self._moved[value.name]
