"""Rows to and from the wire: what a caller sent is checked against what the model takes. It computes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from server_node.serving.served_model import ModelFace, Rows, ValueSpec
from shared.errors import InvalidField
from shared.pb import common_pb2, inference_pb2

FIELD = "inputs"
_NUMBERS: Mapping[np.dtype[Any], common_pb2.DataType] = {
    np.dtype("<f4"): common_pb2.DATA_TYPE_FLOAT32,
    np.dtype("<f8"): common_pb2.DATA_TYPE_FLOAT64,
    np.dtype("<i4"): common_pb2.DATA_TYPE_INT32,
    np.dtype("<i8"): common_pb2.DATA_TYPE_INT64,
    np.dtype("u1"): common_pb2.DATA_TYPE_UINT8,
}
_DTYPES: Mapping[int, np.dtype[Any]] = {int(number): dtype for dtype, number in _NUMBERS.items()}


def rows_from_wire(face: ModelFace, inputs: Sequence[inference_pb2.TensorData]) -> tuple[Rows, ...]:
    """Return the inputs of a request in the model's order and types.

    Raises:
        InvalidField: they are not what the model takes.
    """
    return checked_rows(face, [(tensor.name, _array(tensor)) for tensor in inputs])


def checked_rows(face: ModelFace, named: Sequence[tuple[str, np.ndarray[Any, Any]]]) -> tuple[Rows, ...]:
    """Return named arrays in the model's order and types; a name may be empty where they come in order.

    Raises:
        InvalidField: they are not what the model takes.
    """
    if len(named) != len(face.inputs):
        raise InvalidField(
            f"inputs must be {_list(face.inputs)}: {len(face.inputs)} tensors, got {len(named)}", field=FIELD
        )
    by_name = {name: array for name, array in named if name}
    is_named = set(by_name) == {spec.name for spec in face.inputs}
    if by_name and not is_named and len(face.inputs) > 1:
        raise InvalidField(f"inputs must be named {_list(face.inputs)}, got {', '.join(by_name)[:200]}", field=FIELD)
    arrays = [by_name[spec.name] for spec in face.inputs] if is_named else [array for _, array in named]
    rows = tuple(_fitting(spec, array) for spec, array in zip(face.inputs, arrays, strict=True))
    if len({len(each) for each in rows}) > 1:
        raise InvalidField(f"inputs must have equally many rows, got {[len(each) for each in rows]}", field=FIELD)
    return rows


def tensors_to_wire(face: ModelFace, outputs: Sequence[Rows]) -> list[inference_pb2.TensorData]:
    """Return the messages of a model's outputs."""
    return [
        inference_pb2.TensorData(
            name=spec.name, shape=rows.shape, dtype=dtype_number(rows.dtype), data=np.ascontiguousarray(rows).tobytes()
        )
        for spec, rows in zip(face.outputs, outputs, strict=True)
    ]


def dtype_number(dtype: np.dtype[Any]) -> common_pb2.DataType:
    """Return the wire's number of a type; unknown for one that it has none for."""
    return _NUMBERS.get(dtype.newbyteorder("<"), common_pb2.DATA_TYPE_UNKNOWN)


def _array(tensor: inference_pb2.TensorData) -> np.ndarray[Any, Any]:
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None:
        raise InvalidField(
            f"input {tensor.name!r} must say its dtype, one of float32, float64, int32, int64 and uint8", field=FIELD
        )
    shape = tuple(tensor.shape)
    if any(length < 0 for length in shape):
        raise InvalidField(
            f"input {tensor.name!r} must have a shape without negative numbers, got {shape}", field=FIELD
        )
    wanted = math.prod(shape) * dtype.itemsize
    if wanted != len(tensor.data):
        raise InvalidField(
            f"input {tensor.name!r} of shape {shape} and {dtype.name} must be {wanted} bytes, got {len(tensor.data)}",
            field=FIELD,
        )
    try:
        return np.frombuffer(tensor.data, dtype).reshape(shape)
    except ValueError:  # more dimensions, or longer ones, than an array can have
        raise InvalidField(f"input {tensor.name!r} must have the shape of an array, got {shape}", field=FIELD) from None


def _fitting(spec: ValueSpec, array: np.ndarray[Any, Any]) -> Rows:
    if array.shape[1:] != spec.shape or not array.ndim:
        raise InvalidField(
            f"input {spec.name!r} must have the shape (rows, {', '.join(map(str, spec.shape))}), got {array.shape}",
            field=FIELD,
        )
    if not len(array):
        raise InvalidField(f"input {spec.name!r} must have at least one row, got none", field=FIELD)
    if array.dtype.kind not in "fiu":
        raise InvalidField(f"input {spec.name!r} must hold numbers, got {array.dtype}", field=FIELD)
    if spec.dtype.kind in "iu":
        _check_whole(spec, array)
    return array.astype(spec.dtype, copy=False)


def _check_whole(spec: ValueSpec, array: np.ndarray[Any, Any]) -> None:
    """Refuse what a type of whole numbers cannot hold; NumPy would cut it to something else in silence."""
    if array.dtype.kind == "f":
        raise InvalidField(
            f"input {spec.name!r} must hold whole numbers ({spec.dtype}), got {array.dtype}", field=FIELD
        )
    can = np.iinfo(spec.dtype)
    if array.min() < can.min or array.max() > can.max:
        raise InvalidField(
            f"input {spec.name!r} must hold numbers from {can.min} to {can.max}, got {array.min()} to {array.max()}",
            field=FIELD,
        )


def _list(specs: Sequence[ValueSpec]) -> str:
    return ", ".join(f"{spec.name} {('rows', *spec.shape)} {spec.dtype}".replace("'", "") for spec in specs)
