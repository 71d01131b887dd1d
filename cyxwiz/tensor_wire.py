"""Arrays to and from the wire of predictions. It sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cyxwiz.deployment_records import TensorSpec
from shared.errors import InvalidField
from shared.pb import common_pb2, inference_pb2

Array = np.ndarray[Any, np.dtype[Any]]
Inputs = npt.ArrayLike | Mapping[str, npt.ArrayLike]
"""Rows first: one array, or several by name."""

_NUMBERS: Mapping[np.dtype[Any], common_pb2.DataType] = {
    np.dtype("<f4"): common_pb2.DATA_TYPE_FLOAT32,
    np.dtype("<f8"): common_pb2.DATA_TYPE_FLOAT64,
    np.dtype("<i4"): common_pb2.DATA_TYPE_INT32,
    np.dtype("<i8"): common_pb2.DATA_TYPE_INT64,
    np.dtype("u1"): common_pb2.DATA_TYPE_UINT8,
}
_DTYPES: Mapping[int, np.dtype[Any]] = {int(number): dtype for dtype, number in _NUMBERS.items()}


def tensors_from(inputs: Inputs) -> list[inference_pb2.TensorData]:
    """Return the messages of the inputs.

    Raises:
        InvalidField: they are no numbers.
    """
    named = inputs if isinstance(inputs, Mapping) else {"": inputs}
    return [_tensor(name, _array(name, value)) for name, value in named.items()]


def outputs_from(tensors: Iterable[inference_pb2.TensorData]) -> dict[str, Array]:
    """Return the arrays of an answer by name; the caller owns them."""
    return {
        tensor.name: np.frombuffer(tensor.data, _DTYPES[tensor.dtype]).reshape(tuple(tensor.shape)).copy()
        for tensor in tensors
    }


def spec_from_wire(info: common_pb2.TensorInfo) -> TensorSpec:
    """Return what a node said of one input or output, without the number of rows."""
    dtype = _DTYPES.get(info.dtype)
    return TensorSpec(info.name, tuple(info.shape)[1:], dtype.name if dtype else "unknown")


def _array(name: str, value: npt.ArrayLike) -> Array:
    try:
        array = np.asarray(value)
    except ValueError as ragged:
        raise InvalidField(f"{name or 'the input'} must have rows of one shape: {ragged}", field="inputs") from None
    if array.dtype.kind not in "biuf":
        raise InvalidField(f"{name or 'the input'} must hold numbers, got {array.dtype}", field="inputs")
    if array.dtype.newbyteorder("<") in _NUMBERS:
        return array.astype(array.dtype.newbyteorder("<"), copy=False)
    return array.astype({"b": np.uint8, "f": np.float32}.get(array.dtype.kind, np.int64))


def _tensor(name: str, array: Array) -> inference_pb2.TensorData:
    data = np.ascontiguousarray(array).tobytes()
    return inference_pb2.TensorData(name=name, shape=array.shape, dtype=_NUMBERS[array.dtype], data=data)
