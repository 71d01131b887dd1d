"""The header of a NumPy array, read without believing it: no pickles, no sizes that are none."""

from __future__ import annotations

import math
import struct
import tokenize
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from shared.did_you_mean import in_one_line
from shared.errors import BadData

NOT_A_HEADER = (
    ValueError,
    TypeError,
    KeyError,
    SyntaxError,
    OverflowError,
    RecursionError,
    MemoryError,
    tokenize.TokenError,
    struct.error,
)
"""What NumPy raises for headers that are none; they were found by fuzzing."""
MAGIC = b"\x93NUMPY"


@dataclass(frozen=True, slots=True)
class NpyHeader:
    """What a header says; `header_bytes` is where the numbers begin."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]
    header_bytes: int

    @property
    def values(self) -> int:
        """How many numbers follow."""
        return math.prod(self.shape)

    @property
    def file_bytes(self) -> int:
        """How long the whole file is, header and numbers."""
        return self.header_bytes + self.values * self.dtype.itemsize


def read_npy_header(file: IO[bytes], name: str) -> NpyHeader:
    """Read the header at the beginning of a file.

    Raises:
        BadData: when it is none, or not that of an array of numbers.
    """
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(file)
    except NOT_A_HEADER as error:
        raise BadData(f"{name}: expected a NumPy array, got something else ({in_one_line(error, 200)})") from error
    if any(isinstance(size, bool) or size < 0 for size in shape):
        raise BadData(f"{name}: expected sizes ≥ 0, its header says {shape}")
    if dtype.kind not in "fiub" or dtype.shape:
        raise BadData(f"{name}: expected an array of numbers, got type {dtype}; objects are never read")
    return NpyHeader(shape, bool(is_fortran), dtype, file.tell())
