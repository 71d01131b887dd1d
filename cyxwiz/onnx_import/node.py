"""One node of the file as its reader sees it: what arrives, its attributes with their types, and how to refuse it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from onnx import AttributeProto

from cyxwiz.onnx_import.attention_pieces import Gathered, Scores
from cyxwiz.onnx_import.carried import Carried
from cyxwiz.onnx_import.gelu_pieces import GeluPiece
from cyxwiz.onnx_import.refusal import refusal
from cyxwiz.onnx_import.tensors import Array, array_from_tensor
from shared.did_you_mean import quoted
from shared.errors import InvalidField

Held = Carried | Array | Scores | Gathered | GeluPiece
"""What a name of the file stands for: a value of the batch, numbers, or a piece of what becomes one layer."""
Attribute = int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | Array


@dataclass(slots=True, eq=False)
class OnnxNode:
    """A node with its inputs looked up.

    Attributes:
        label: for messages.
        operator: its type.
        opset: the version of the operators.
        inputs: None for one that is left out.
        input_names: their names, empty where left out.
        outputs: their names, empty where left out.
        readers: how many read each name of the graph.
        attributes: by name.
        batch_size: how many examples the file is for; `BATCH` for any number.
    """

    label: str
    operator: str
    opset: int
    inputs: tuple[Held | None, ...]
    input_names: tuple[str, ...]
    outputs: tuple[str, ...]
    readers: Counter[str]
    attributes: dict[str, Attribute]
    batch_size: int
    _read: set[str] = field(default_factory=set)

    def refuse(self, sentence: str) -> InvalidField:
        """The error whose sentence begins with the node."""
        return refusal(f"{self.label} {sentence}")

    def has(self, place: int) -> bool:
        """Whether that input is there."""
        return place < len(self.inputs) and self.inputs[place] is not None

    def carried(self, place: int = 0) -> Carried:
        """An input that must be a value of the batch."""
        held = self.held(place)
        if isinstance(held, Carried):
            return held
        if isinstance(held, np.ndarray):
            raise self.refuse(f"reads numbers that stand in the file as its input {place}, where the data must arrive")
        raise self.refuse(
            f"reads a part of {held.what} as its input {place}, which stands in no form that becomes a layer of ours"
        )

    def constant(self, place: int) -> Array:
        """An input that must stand in the file as numbers."""
        held = self.held(place)
        if not isinstance(held, np.ndarray):
            raise self.refuse(f"computes its input {place}; it must stand in the file as numbers")
        return held

    def optional_constant(self, place: int) -> Array | None:
        """The same, None where it is left out."""
        return self.constant(place) if self.has(place) else None

    def held(self, place: int) -> Held:
        """An input, whatever it is."""
        held = self.inputs[place] if place < len(self.inputs) else None
        if held is None:
            raise self.refuse(f"has no input {place}, which it needs")
        return held

    def is_read(self, place: int) -> bool:
        """Whether anything reads that output."""
        return place < len(self.outputs) and bool(self.outputs[place]) and self.readers[self.outputs[place]] > 0

    def reads_alone(self, value: Carried) -> bool:
        """Whether nothing else reads the name under which that value arrives."""
        places = [place for place, held in enumerate(self.inputs) if held is value]
        return all(self.readers[self.input_names[place]] == 1 for place in places)

    def axis(self, name: str, rank: int, default: int) -> int:
        """An attribute that names one of the file's axes, negative ones counted from the end."""
        return self.own_axis(self.integer(name, default), rank)

    def own_axis(self, axis: int, rank: int) -> int:
        """The axis counted from 0."""
        if not -rank <= axis < rank:
            raise self.refuse(f"names axis {axis} of a value of {rank} axes")
        return axis % rank

    def integer(self, name: str, default: int | None = None) -> int:
        """An attribute that is a whole number."""
        value = self._attribute(name, default)
        if not isinstance(value, int):
            raise self.refuse(f"needs {name}, a whole number, got {quoted(value)}")
        return value

    def real(self, name: str, default: float) -> float:
        """An attribute that is a real number."""
        value = self._attribute(name, default)
        if not isinstance(value, (int, float)) or not np.isfinite(value):
            raise self.refuse(f"needs {name}, a finite number, got {quoted(value)}")
        return float(value)

    def word(self, name: str, default: str) -> str:
        """An attribute that is a word."""
        value = self._attribute(name, default)
        if not isinstance(value, str):
            raise self.refuse(f"needs {name}, a word, got {quoted(value)}")
        return value

    def integers(self, name: str, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """An attribute that is a row of whole numbers."""
        value = self._attribute(name, default)
        if isinstance(value, tuple):
            whole = tuple(number for number in value if isinstance(number, int))
            if len(whole) == len(value):
                return whole
        raise self.refuse(f"needs {name}, a row of whole numbers, got {quoted(value)}")

    def words(self, name: str) -> tuple[str, ...]:
        """An attribute that is a row of words; empty where it is not said."""
        value = self._attribute(name, ())
        return tuple(str(word) for word in value) if isinstance(value, tuple) else ()

    def reals(self, name: str) -> tuple[float, ...]:
        """An attribute that is a row of numbers; empty where it is not said."""
        value = self._attribute(name, ())
        return (
            tuple(float(number) for number in value if not isinstance(number, str)) if isinstance(value, tuple) else ()
        )

    def plain(self, name: str) -> Attribute | None:
        """An attribute, whatever its type."""
        return self._attribute(name, None)

    def tensor(self, name: str, default: Array) -> Array:
        """An attribute that is an array."""
        value = self._attribute(name, default)
        if not isinstance(value, np.ndarray) or not value.size:
            raise self.refuse(f"needs {name}, numbers, got {quoted(value)}")
        return value

    def says(self, name: str) -> bool:
        """Whether the attribute is written."""
        return name in self.attributes

    def ignore(self, *names: str) -> None:
        """Take attributes that change nothing for us."""
        self._read.update(names)

    def demand(self, name: str, wanted: int | str, why: str) -> None:
        """Refuse any other value of an attribute than its default."""
        value = self._attribute(name, wanted)
        if value != wanted:
            raise self.refuse(f"says {name}={quoted(value)}; {why}")

    def check_all_read(self) -> None:
        """Refuse attributes that nobody asked for: nothing is skipped."""
        left = sorted(set(self.attributes) - self._read)
        if left:
            raise self.refuse(f"has the attribute {quoted(left[0])}, which is not taken")

    def _attribute(self, name: str, default: Attribute | None) -> Attribute | None:
        self._read.add(name)
        return self.attributes.get(name, default)


def attribute_value(attribute: AttributeProto, label: str) -> Attribute:  # noqa: PLR0911  # one return a type
    """An attribute under its own type; graphs and references to functions are refused."""
    match attribute.type:
        case AttributeProto.INT:
            return int(attribute.i)
        case AttributeProto.FLOAT:
            return float(attribute.f)
        case AttributeProto.STRING:
            return attribute.s.decode("utf-8", "replace")
        case AttributeProto.INTS:
            return tuple(int(number) for number in attribute.ints)
        case AttributeProto.FLOATS:
            return tuple(float(number) for number in attribute.floats)
        case AttributeProto.STRINGS:
            return tuple(word.decode("utf-8", "replace") for word in attribute.strings)
        case AttributeProto.TENSOR:
            return array_from_tensor(attribute.t, f"{label}, attribute {attribute.name},")
        case _:
            raise refusal(
                f"{label} has the attribute {quoted(attribute.name)} of a kind that is not taken, such as a graph"
            )
