"""Where a loader may put what it reads: in memory, or in a file without a name that is mapped into memory.

It says how much there is and refuses what is more, before any of it is taken.
"""

from __future__ import annotations

import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import BadData, MachineFailure

AnyArray = npt.NDArray[Any]
BLOCK_BYTES = 16 * 2**20
"""About what is copied at once from file to file."""
ALIGNMENT_BYTES = 64
"""Where an array begins at a multiple of this, JAX uses it on a CPU as it is, without a second copy."""


@dataclass(frozen=True, slots=True)
class Room:
    """What one dataset may take of its host.

    Attributes:
        memory_bytes: the largest array that is kept in memory.
        mapped_bytes: the largest array that is kept in a file; 0 where there is no folder for it.
        folder: where such files are made; they vanish with the last array that uses them.
    """

    memory_bytes: int
    mapped_bytes: int = 0
    folder: Path | None = None

    @property
    def largest_bytes(self) -> int:
        """The largest array that may be."""
        return max(self.memory_bytes, self.mapped_bytes if self.folder else 0)

    def check(self, name: str, values: int, asked_by: str = "it") -> None:
        """Refuse an array of more 4-byte numbers than there is room for.

        Raises:
            BadData: with a sentence in which `asked_by` asks for more.
        """
        needed = values * np.dtype(np.float32).itemsize
        if needed > self.largest_bytes:
            raise BadData(
                f"{name}: expected at most {self.largest_bytes:,} bytes of numbers, {asked_by} asks for more: "
                f"{needed:,}",
                field="dataset",
            )

    def array(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> AnyArray:
        """Give an array to be filled, in memory when it is small enough.

        Raises:
            BadData: when there is no room for it.
            MachineFailure: when the disk is full.
        """
        needed = math.prod(shape) * np.dtype(dtype).itemsize
        if needed <= self.memory_bytes:
            return aligned_array(shape, dtype)
        self.check(name, -(-needed // 4))
        with tempfile.TemporaryFile(dir=self.folder, prefix="dataset-") as file:
            _take_disk(file.fileno(), needed, name)
            return np.memmap(file, dtype=dtype, mode="r+", shape=shape)


def _take_disk(descriptor: int, needed: int, name: str) -> None:
    """Take the disk space now: a write to a mapped file on a full disk would end the process."""
    try:
        os.posix_fallocate(descriptor, 0, needed)
    except OSError as error:
        raise MachineFailure(f"{name}: this node has no {needed:,} bytes of disk for it: {error.strerror}") from error


def aligned_array(shape: tuple[int, ...], dtype: npt.DTypeLike) -> AnyArray:
    """Give an array of any content in memory that JAX can use without a copy; it is not written to after that."""
    needed = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(needed + ALIGNMENT_BYTES, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT_BYTES
    return memory[start : start + needed].view(dtype).reshape(shape)


def blocks(rows: int, row_bytes: int) -> list[slice]:
    """Cut so many rows into slices of about `BLOCK_BYTES`."""
    step = max(1, BLOCK_BYTES // max(1, row_bytes))
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


def converted(name: str, raw: AnyArray, dtype: npt.DTypeLike, room: Room) -> AnyArray:
    """Give the same numbers in C order and another type, block by block; the array itself where it is so already."""
    wanted = np.dtype(dtype)
    if raw.dtype == wanted and raw.flags.c_contiguous:
        return raw
    target = room.array(name, raw.shape, wanted)
    for part in blocks(raw.shape[0], math.prod(raw.shape[1:]) * wanted.itemsize):
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes infinity, which is refused
            target[part] = raw[part]
    return target


def joined(name: str, arrays: list[AnyArray], room: Room) -> AnyArray:
    """Give arrays of one form one behind the other; the array itself where there is one."""
    if len(arrays) == 1:
        return arrays[0]
    first = arrays[0]
    target = room.array(name, (sum(array.shape[0] for array in arrays), *first.shape[1:]), first.dtype)
    start = 0
    for array in arrays:
        for part in blocks(array.shape[0], array[:1].nbytes):
            target[start + part.start : start + part.stop] = array[part]
        start += array.shape[0]
    return target
