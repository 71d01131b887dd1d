"""The header of a safetensors file: what it says of each array, and whether that can be true of its file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.did_you_mean import quoted

LENGTH_BYTES = 8
METADATA_KEY = "__metadata__"
DTYPE_BYTES: Mapping[str, int] = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "U16": 2,
    "I16": 2,
    "F16": 2,
    "BF16": 2,
    "U32": 4,
    "I32": 4,
    "F32": 4,
    "U64": 8,
    "I64": 8,
    "F64": 8,
}
"""The format's words for element types → bytes of one element."""

_ALIGNMENT = 8
_MAX_RANK = 32
_KEYS = {"dtype", "shape", "data_offsets"}


@dataclass(frozen=True, slots=True)
class TensorPlace:
    """Where one array lies, in bytes after the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def size_of(dtype: str, shape: tuple[int, ...]) -> int | None:
    """The bytes of an array, or None for an unknown element type."""
    return DTYPE_BYTES[dtype] * math.prod(shape) if dtype in DTYPE_BYTES else None


def header_bytes(tensors: Iterable[tuple[str, str, tuple[int, ...]]], metadata: Mapping[str, str]) -> bytes:
    """Length and header for arrays `(name, dtype, shape)` that follow one another."""
    header: dict[str, object] = {METADATA_KEY: dict(metadata)} if metadata else {}
    begin = 0
    for name, dtype, shape in tensors:
        end = begin + DTYPE_BYTES[dtype] * math.prod(shape)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def places_from_header(header: Mapping[str, object], data_bytes: int) -> tuple[list[TensorPlace], dict[str, str]]:
    """The arrays and the metadata of a header.

    Raises:
        ValueError: when they do not fill the file's data exactly, one after the other.
    """
    places = [_place(name, entry) for name, entry in header.items() if name != METADATA_KEY]
    end_before = 0
    for place in sorted(places, key=lambda place: (place.begin, place.end)):
        if place.begin != end_before:
            raise ValueError(f"tensor {quoted(place.name)} begins at byte {place.begin}, expected {end_before}")
        end_before = place.end
    if end_before != data_bytes:
        raise ValueError(f"its tensors take {end_before} bytes, the file holds {data_bytes}")
    return places, _metadata(header.get(METADATA_KEY, {}))


def _place(name: str, entry: object) -> TensorPlace:
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        raise ValueError(f"tensor {quoted(name)} must say dtype, shape and data_offsets")
    shape, offsets, dtype = _counts(name, entry["shape"]), _counts(name, entry["data_offsets"]), entry["dtype"]
    if not isinstance(dtype, str) or dtype not in DTYPE_BYTES:
        raise ValueError(f"tensor {quoted(name)} has unknown dtype {quoted(dtype)}")
    if len(offsets) != 2 or offsets[1] - offsets[0] != size_of(dtype, shape):
        raise ValueError(f"tensor {quoted(name)} of {dtype} {shape} does not fit its offsets {offsets}")
    return TensorPlace(name, dtype, shape, offsets[0], offsets[1])


def _counts(name: str, value: object) -> tuple[int, ...]:
    is_list_of_counts = (
        isinstance(value, list)
        and len(value) <= _MAX_RANK
        and all(isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**63 for number in value)
    )
    if not isinstance(value, list) or not is_list_of_counts:
        raise ValueError(f"tensor {quoted(name)} has {quoted(value)} where whole numbers belong")
    return tuple(value)


def _metadata(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("its metadata must be words")
    return dict(value)
