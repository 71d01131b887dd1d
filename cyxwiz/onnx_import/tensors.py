"""Arrays out of a file: each is checked against its own bytes before anything of its stated size is made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from cyxwiz.onnx_import.refusal import refusal
from shared.did_you_mean import quoted

Array = npt.NDArray[Any]
_MOST_AXES = 16
_RAW: dict[int, str] = {
    TensorProto.FLOAT: "<f4",
    TensorProto.DOUBLE: "<f8",
    TensorProto.FLOAT16: "<f2",
    TensorProto.INT8: "i1",
    TensorProto.UINT8: "u1",
    TensorProto.INT32: "<i4",
    TensorProto.INT64: "<i8",
    TensorProto.BOOL: "?",
}
_TYPED: dict[int, str] = {
    TensorProto.FLOAT: "float_data",
    TensorProto.DOUBLE: "double_data",
    TensorProto.INT8: "int32_data",
    TensorProto.UINT8: "int32_data",
    TensorProto.INT32: "int32_data",
    TensorProto.INT64: "int64_data",
    TensorProto.BOOL: "int32_data",
}


def array_from_tensor(tensor: TensorProto, label: str) -> Array:
    """The numbers of a tensor, half and double precision as float32; raises `InvalidField` where they are none.

    Args:
        tensor: as it stands in the file.
        label: what messages call it.
    """
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise refusal(f"{label} keeps its numbers in another file; save the model with its weights inside, as one file")
    if tensor.data_type not in _RAW:
        raise refusal(
            f"{label} has numbers of type {_type_name(tensor.data_type)}; taken are float32 and whole numbers"
        )
    shape = tuple(tensor.dims)
    if len(shape) > _MOST_AXES or any(size < 0 for size in shape):
        raise refusal(f"{label} says a shape of {quoted(list(shape))}, which no array has")
    flat = _flat(tensor, label)
    if flat.size != math.prod(shape):
        raise refusal(f"{label} says {math.prod(shape):,} numbers, {quoted(list(shape))}, and holds {flat.size:,}")
    array = flat.reshape(shape)
    return array.astype(np.float32) if array.dtype in {np.dtype(np.float64), np.dtype(np.float16)} else array


def _flat(tensor: TensorProto, label: str) -> Array:
    dtype = np.dtype(_RAW[tensor.data_type])
    if tensor.HasField("raw_data"):
        if len(tensor.raw_data) % dtype.itemsize:
            raise refusal(f"{label} holds {len(tensor.raw_data):,} bytes, which are no whole numbers of {dtype}")
        flat = np.frombuffer(tensor.raw_data, dtype)
        return flat.view(np.uint8).astype(np.bool_) if dtype == np.bool_ else flat
    if tensor.data_type not in _TYPED:
        raise refusal(f"{label} does not hold its numbers as bytes, as half precision must")
    return np.asarray(getattr(tensor, _TYPED[tensor.data_type])).astype(dtype)


def _type_name(data_type: int) -> str:
    known = TensorProto.DataType.values()
    return TensorProto.DataType.Name(data_type) if data_type in known else f"number {data_type}"
