"""Rows to predict from, read from a file and put into the shape that a model takes where only the form is another."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cyxwiz.deployment_records import ServedModelInfo
from cyxwiz.tensor_wire import Array
from shared.errors import InvalidField

FIELD = "input"
_SUFFIXES = (".npy", ".npz", ".json", ".csv")


def rows_from_file(path: Path) -> dict[str, Array]:
    """Return the arrays of a file by name; the name is empty where there is one without.

    Raises:
        InvalidField: it cannot be read.
    """
    try:
        return _read(path)
    except OSError as refusal:
        raise InvalidField(f"{path} cannot be read: {refusal.strerror or refusal}", field=FIELD) from None
    except (ValueError, EOFError) as mistake:
        raise InvalidField(f"{path} holds no rows of numbers: {mistake}", field=FIELD) from None


def fitting_rows(arrays: Mapping[str, Array], model: ServedModelInfo) -> Mapping[str, Array]:
    """Return the arrays as the model takes them: flat rows in its shape, one row as one of several."""
    if len(arrays) == 1 and len(model.inputs) == 1:
        return {"": _fitted(next(iter(arrays.values())), model.inputs[0].shape)}
    shapes = {spec.name: spec.shape for spec in model.inputs}
    return {name: _fitted(array, shapes[name]) if name in shapes else array for name, array in arrays.items()}


def _read(path: Path) -> dict[str, Array]:
    if str(path) == "-":
        return _of_json(json.loads(sys.stdin.buffer.read()))
    match path.suffix:
        case ".npy":
            return {"": np.load(path, allow_pickle=False)}
        case ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        case ".json":
            return _of_json(json.loads(path.read_bytes()))
        case ".csv":
            return {"": np.loadtxt(path, delimiter=",", ndmin=2, dtype=np.float32, skiprows=_header_lines(path))}
        case _:
            raise InvalidField(f"{path} must end in one of {', '.join(_SUFFIXES)}", field=FIELD)


def _of_json(value: object) -> dict[str, Array]:
    said = value["inputs"] if isinstance(value, dict) and set(value) == {"inputs"} else value
    if isinstance(said, dict):
        return {str(name): np.asarray(rows) for name, rows in said.items()}
    return {"": np.asarray(said)}


def _header_lines(path: Path) -> int:
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    try:
        [float(word) for word in first.split(",")]
    except ValueError:
        return 1
    return 0


def _fitted(array: Array, shape: tuple[int, ...]) -> Array:
    if array.shape == shape:
        return array[np.newaxis]
    if array.ndim and array.shape[1:] != shape and array[0].size == np.prod(shape, dtype=np.int64):
        return array.reshape(len(array), *shape)
    return array
