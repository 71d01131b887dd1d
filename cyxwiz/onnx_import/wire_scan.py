"""Measures a file before it is parsed: how much of it is structure, which grows many times over in memory.

The bytes of weights become as many bytes of arrays. Everything else (nodes, names, attributes) becomes objects, an
empty node of two bytes more than a hundred. So the first may be large and the second may not. Only lengths are read;
https://protobuf.dev/programming-guides/encoding/ says how they stand there.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from cyxwiz.onnx_import.refusal import refusal, too_large

LARGEST_STRUCTURE_BYTES = 16 * 1024 * 1024
MOST_FIELDS = 500_000
"""That are stepped over one by one: nodes, weights, and what weights say of themselves."""
_VARINT, _LENGTH = 0, 2
_FIXED = {1: 8, 5: 4}
"""The kinds of fields; the bytes of those that have always as many."""
_LONGEST_VARINT = 10
_GRAPH, _INITIALIZER = 7, 5
"""Fields of ModelProto and GraphProto."""
_NUMBERS = frozenset({4, 9, 10})
"""Fields of TensorProto whose bytes become as many bytes: float_data, raw_data, double_data."""


def check_structure(name: str, data: bytes) -> None:
    """Refuse what is no protobuf message, and one with more structure than is taken.

    Raises:
        InvalidField: it was cut short, or is something else.
        TooLarge: it has more than `LARGEST_STRUCTURE_BYTES` beside its weights.
    """
    content, structure = memoryview(data), len(data)
    try:
        for start, end in _Scan(name, content).weights():
            structure -= end - start
    except ValueError as error:
        raise refusal(f"{name} is no whole ONNX file of {len(data):,} bytes: {error}") from None
    if structure > LARGEST_STRUCTURE_BYTES:
        raise too_large(
            f"{name} must have at most {LARGEST_STRUCTURE_BYTES:,} bytes beside its weights, got {structure:,}; "
            "weights count as such when they are initializers with raw_data"
        )


class _Scan:
    """Steps over the fields of messages, a bounded number of them."""

    def __init__(self, name: str, content: memoryview) -> None:
        """Begin with nothing stepped over."""
        self._name, self._content = name, content
        self._fields_left = MOST_FIELDS

    def weights(self) -> Iterator[tuple[int, int]]:
        """Start and end of everything that becomes as many bytes of arrays."""
        for graph in self._places(0, len(self._content), {_GRAPH}):
            for tensor in self._places(*graph, {_INITIALIZER}):
                yield from self._places(*tensor, _NUMBERS)

    def _places(self, place: int, end: int, wanted: Set[int]) -> Iterator[tuple[int, int]]:
        """The length-delimited fields of a message that have these numbers; the others are stepped over."""
        while place < end:
            begun = place
            self._count_one()
            tag, place = _varint(self._content, place, end)
            kind, start = tag & 7, place
            if kind == _LENGTH:
                length, start = _varint(self._content, place, end)
                place = start + length
            elif kind == _VARINT:
                _, place = _varint(self._content, place, end)
            elif kind in _FIXED:
                place += _FIXED[kind]
            else:
                raise ValueError(f"a field at byte {begun:,} is of kind {kind}, which ONNX files do not have")
            if place > end:
                raise ValueError(f"a field at byte {begun:,} reaches beyond the end, so it was cut short")
            if kind == _LENGTH and tag >> 3 in wanted:
                yield start, place

    def _count_one(self) -> None:
        self._fields_left -= 1
        if self._fields_left < 0:
            raise too_large(f"{self._name} has more than {MOST_FIELDS:,} nodes, weights and the like")


def _varint(content: memoryview, place: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(_LONGEST_VARINT):
        if place >= end:
            raise ValueError(f"it ends inside a number at byte {place:,}")
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, place
    raise ValueError(f"a number at byte {place:,} has more than {_LONGEST_VARINT} bytes")
