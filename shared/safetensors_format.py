"""The safetensors file format: named arrays behind one JSON header, written whole or not at all, read without a copy.

A file is the header's length (8 bytes, little-endian), the header (JSON, padded with spaces to 8 bytes), and the
arrays' bytes, C order, little-endian, one after the other: https://github.com/huggingface/safetensors. This file
knows bytes only: it makes no arrays. Reading checks everything, since files come from outside; nothing is executed.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shared.atomic_file import atomic_writer
from shared.did_you_mean import quoted
from shared.errors import BadData, OurBug
from shared.safetensors_header import LENGTH_BYTES, METADATA_KEY, TensorPlace, header_bytes, places_from_header, size_of

MAX_HEADER_BYTES = 100_000_000
"""The limit that other readers of the format set."""


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One named array as bytes.

    Attributes:
        name: unique in the file.
        dtype: the format's word, such as `F32`; the keys of `safetensors_header.DTYPE_BYTES`.
        shape: empty for a single number.
        data: C order, little-endian; of a read file a read-only view that keeps the mapping open.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: memoryview | bytes


class WrittenFile(NamedTuple):
    """What was written: lower-case hex of the whole file's SHA-256, and its size."""

    sha256: str
    size_bytes: int


class SafetensorsFile(Mapping[str, TensorEntry]):
    """The arrays of a file by name, in the order of the header, and its `metadata`."""

    def __init__(self, entries: Mapping[str, TensorEntry], metadata: Mapping[str, str]) -> None:
        self._entries = entries
        self.metadata = metadata

    def __getitem__(self, name: str) -> TensorEntry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def write_safetensors(
    path: Path, entries: Sequence[TensorEntry], metadata: Mapping[str, str] | None = None
) -> WrittenFile:
    """Write the file so that a crash leaves the old one or the new one, durable when this returns.

    Raises:
        OurBug: when an entry's bytes do not fit its dtype and shape, or a name is there twice.
        OSError: when the disk does not take it; the old file is untouched.
    """
    for entry in entries:
        _check_entry(entry)
    if len({entry.name for entry in entries}) != len(entries):
        raise OurBug("two tensors of one file have the same name")
    header = header_bytes([(entry.name, entry.dtype, entry.shape) for entry in entries], metadata or {})
    digest = hashlib.sha256()
    size_bytes = 0
    with atomic_writer(path) as file:
        for part in (header, *(entry.data for entry in entries)):
            digest.update(part)
            size_bytes += file.write(part)
    return WrittenFile(digest.hexdigest(), size_bytes)


def read_safetensors(path: Path) -> SafetensorsFile:
    """Map the file into memory and check all of its header.

    Raises:
        BadData: when it is cut short, damaged, or no such file; the message names the file and the reason.
        OSError: when it cannot be opened.
    """
    with path.open("rb") as file:
        size_bytes = file.seek(0, 2)
        if size_bytes < LENGTH_BYTES:
            raise BadData(f"{path} is no safetensors file: it has {size_bytes} bytes, expected at least {LENGTH_BYTES}")
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        return _read(content)
    except ValueError as error:
        raise BadData(f"{path} is no whole safetensors file: {error}") from None


def _check_entry(entry: TensorEntry) -> None:
    wanted = size_of(entry.dtype, entry.shape)
    if entry.name == METADATA_KEY:
        raise OurBug(f"no tensor can be named {METADATA_KEY}")
    if wanted is None or memoryview(entry.data).nbytes != wanted:
        raise OurBug(f"tensor {entry.name!r} of {entry.dtype} {entry.shape} is not {wanted} bytes")


def _read(content: memoryview) -> SafetensorsFile:
    header_size = int.from_bytes(content[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + header_size
    if header_size > MAX_HEADER_BYTES or start > len(content):
        raise ValueError(f"its header says {header_size} bytes, the file has {len(content)}")
    header = _json(bytes(content[LENGTH_BYTES:start]))
    places, metadata = places_from_header(header, len(content) - start)
    entries = {place.name: _entry(place, content[start:]) for place in places}
    return SafetensorsFile(entries, metadata)


def _entry(place: TensorPlace, data: memoryview) -> TensorEntry:
    return TensorEntry(place.name, place.dtype, place.shape, data[place.begin : place.end])


def _json(text: bytes) -> dict[str, object]:
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("its header is nested too deep") from None
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")  # noqa: TRY004 - a damaged file, not a wrong argument
    return header


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError(f"its header names something twice, such as {quoted(pairs[0][0])}")
    return value
