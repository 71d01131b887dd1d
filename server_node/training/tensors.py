"""Named arrays as entries of a safetensors file and back: row-major little-endian bytes, whatever the layout was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import OurBug
from shared.safetensors_format import TensorEntry

AnyArray = npt.NDArray[Any]
DTYPE_NAMES = {"float32": "F32", "int32": "I32", "uint32": "U32", "float64": "F64", "int64": "I64"}
NUMPY_NAMES = {name: numpy for numpy, name in DTYPE_NAMES.items()}


def tensor_entries(arrays: Mapping[str, AnyArray]) -> list[TensorEntry]:
    """Describe arrays as entries, in the order of the mapping; contiguous ones are viewed, not copied."""
    return [_entry(name, array) for name, array in arrays.items()]


def arrays_from_entries(entries: Mapping[str, TensorEntry]) -> dict[str, AnyArray]:
    """Copy the entries of a file into arrays of their own."""
    return {name: _array(entry) for name, entry in entries.items()}


def _entry(name: str, array: AnyArray) -> TensorEntry:
    if str(array.dtype) not in DTYPE_NAMES:
        raise OurBug(f"array {name} has type {array.dtype}, which is not written; known are {', '.join(DTYPE_NAMES)}")
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    return TensorEntry(name, DTYPE_NAMES[str(array.dtype)], tuple(array.shape), content)


def _array(entry: TensorEntry) -> AnyArray:
    flat = np.frombuffer(entry.data, dtype=NUMPY_NAMES[entry.dtype])
    return flat.reshape(entry.shape).copy()
