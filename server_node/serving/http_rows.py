"""Rows in bodies of HTTP, and answers to them: JSON for people and scripts, NPY for NumPy. It computes nothing.

JSON: `{"inputs": …}`, a list of rows, or lists by the inputs' names; answered with `{"outputs": …}` in the same way.
NPY: one array, as `numpy.save` writes it, for models with one input; answered so where the model has one output.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from server_node.own_http.messages import JSON, HttpAnswer, HttpRefusal, HttpRequest
from server_node.serving.served_model import ModelFace, Rows
from server_node.serving.tensors import FIELD, checked_rows
from shared.errors import InvalidField

NPY = "application/x-npy"
_HEADER_BYTES = 10_000
_ANYTHING = frozenset({"", "*/*", "application/*"})
_Named = list[tuple[str, np.ndarray[Any, Any]]]


def json_object(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds.

    Raises:
        HttpRefusal: it is none.
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as wrong:
        raise HttpRefusal(400, f"the body must be JSON: {str(wrong)[:200]}") from None
    if not isinstance(value, dict):
        raise HttpRefusal(400, 'the body must be an object such as {"inputs": [[0.1, 0.2]]}')
    return value


def rows_from_json(face: ModelFace, inputs: Any) -> tuple[Rows, ...]:
    """Return rows of lists in the model's order and types.

    Raises:
        InvalidField: they are not what the model takes.
    """
    if isinstance(inputs, dict):
        return checked_rows(face, [(name, _array(name, rows)) for name, rows in inputs.items()])
    if not isinstance(inputs, list):
        raise InvalidField("inputs must be a list of rows, or an object of such lists by name", field=FIELD)
    if len(face.inputs) > 1:
        names = ", ".join(spec.name for spec in face.inputs)
        raise InvalidField(f"inputs must be an object with {names}, got a list", field=FIELD)
    return checked_rows(face, [("", _array("inputs", inputs))])


def rows_from_npy(face: ModelFace, body: bytes) -> tuple[Rows, ...]:
    """Return the rows of an NPY file, which share the body's memory.

    Raises:
        InvalidField: it is no NPY file of numbers, or not what the model takes.
    """
    file = io.BytesIO(body)
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(file, max_header_size=_HEADER_BYTES)
    except ValueError as wrong:
        raise InvalidField(
            f"the body must be an NPY file, as numpy.save writes it: {str(wrong)[:200]}", field=FIELD
        ) from None
    if dtype.kind not in "fiu" or any(length < 0 for length in shape):
        raise InvalidField(f"the NPY file must hold numbers, got {dtype} of shape {shape}", field=FIELD)
    wanted, come = math.prod(shape) * dtype.itemsize, len(body) - file.tell()
    if wanted != come:
        raise InvalidField(
            f"the NPY file of shape {shape} and {dtype} must have {wanted} bytes of data, got {come}", field=FIELD
        )
    return checked_rows(face, [("", _shaped(body, file.tell(), shape, dtype, is_fortran=is_fortran))])


def answer_type(request: HttpRequest) -> str:
    """Return in which form to answer: as Accept says, else as the request came.

    Raises:
        HttpRefusal: in neither of ours.
    """
    wanted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    if request.content_type in wanted or _ANYTHING & set(wanted):
        return request.content_type
    for each in wanted:
        if each in {JSON, NPY}:
            return each
    raise HttpRefusal(406, f"Accept must allow {JSON} or {NPY}, got {request.headers['accept'][:100]!r}")


def check_answer(face: ModelFace, kind: str) -> None:
    """Go on if the model's outputs can be told in that form.

    Raises:
        HttpRefusal: they cannot.
    """
    if kind == NPY and len(face.outputs) > 1:
        names = ", ".join(spec.name for spec in face.outputs)
        raise HttpRefusal(406, f"this model has the outputs {names}, and NPY holds one array: send Accept: {JSON}")


def answer_of(face: ModelFace, outputs: Sequence[Rows], kind: str) -> HttpAnswer:
    """Return the outputs in that form; numbers that JSON does not know are null."""
    if kind == NPY:
        file = io.BytesIO()
        np.lib.format.write_array(file, np.ascontiguousarray(outputs[0]), allow_pickle=False)
        return HttpAnswer(200, file.getvalue(), NPY)
    named = {spec.name: _lists(rows) for spec, rows in zip(face.outputs, outputs, strict=True)}
    told = named if len(named) > 1 else next(iter(named.values()))
    return HttpAnswer(200, json.dumps({"outputs": told}).encode() + b"\n")


def _shaped(
    body: bytes, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any], *, is_fortran: bool
) -> np.ndarray[Any, Any]:
    try:
        flat = np.frombuffer(body, dtype, offset=offset)
        return flat.reshape(shape[::-1]).T if is_fortran else flat.reshape(shape)
    except ValueError:  # more dimensions, or longer ones, than an array can have; or nothing at all
        raise InvalidField(f"the NPY file must hold rows, got the shape {shape}", field=FIELD) from None


def _array(name: str, rows: Any) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(rows)
    except (ValueError, OverflowError):
        raise InvalidField(f"{name[:100]} must have rows of one shape, and they differ", field=FIELD) from None


def _lists(rows: Rows) -> list[Any]:
    if np.isfinite(rows).all():
        return list(rows.tolist())
    told = rows.astype(object)
    told[~np.isfinite(rows)] = None
    return list(told.tolist())


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is no number of JSON")
