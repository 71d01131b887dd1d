"""Rows to predict from, read from a file and put into the shape that a model takes where only the form is another."""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cyxwiz.csv_rows import FIELD, CsvRows, csv_rows
from cyxwiz.deployment_records import ServedModelInfo
from cyxwiz.tensor_wire import Array
from shared.errors import InvalidField

_SUFFIXES = (".npy", ".npz", ".json", ".csv")
_NUMBERS = "biuf"
"""Kinds of numpy's types: truth, whole numbers with and without sign, fractions."""


def rows_from_file(path: Path) -> dict[str, Array] | CsvRows:
    """Return the arrays of a file by name, which is empty where there is one without; a CSV file gives its lines.

    Raises:
        InvalidField: it cannot be read.
    """
    try:
        arrays = csv_rows(path) if path.suffix == ".csv" else _read(path)
    except OSError as refusal:
        raise InvalidField(f"{path} cannot be read: {refusal.strerror or refusal}", field=FIELD) from None
    except (ValueError, EOFError, RecursionError, zipfile.BadZipFile, csv.Error) as mistake:
        raise InvalidField(f"{path} holds no rows of numbers: {mistake}", field=FIELD) from None
    if isinstance(arrays, CsvRows):
        return arrays
    if not arrays or not all(array.size and array.dtype.kind in _NUMBERS for array in arrays.values()):
        raise InvalidField(f"{path} must hold rows of numbers, at least one", field=FIELD)
    return arrays


def fitting_rows(rows: Mapping[str, Array] | CsvRows, model: ServedModelInfo) -> Mapping[str, Array]:
    """Return the rows as the model takes them: its columns in its order, flat rows in its shape, one row as several.

    Raises:
        InvalidField: a CSV file lacks a column, or has a cell that is no number.
    """
    arrays = {"": rows.numbers(model.columns)} if isinstance(rows, CsvRows) else rows
    if len(arrays) == 1 and len(model.inputs) == 1:
        return {"": _fitted(next(iter(arrays.values())), model.inputs[0].shape)}
    shapes = {spec.name: spec.shape for spec in model.inputs}
    return {name: _fitted(array, shapes[name]) if name in shapes else array for name, array in arrays.items()}


def _read(path: Path) -> dict[str, Array]:
    if str(path) == "-":
        return _of_json(json.loads(sys.stdin.buffer.read()))
    match path.suffix:
        case ".npy" | ".npz":
            return _of_numpy(path)
        case ".json":
            return _of_json(json.loads(path.read_bytes()))
        case _:
            raise InvalidField(f"{path} must end in one of {', '.join(_SUFFIXES)}", field=FIELD)


def _of_numpy(path: Path) -> dict[str, Array]:
    """What the file holds decides, whatever its name says."""
    with path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        return {"": loaded} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}


def _of_json(value: object) -> dict[str, Array]:
    said = value["inputs"] if isinstance(value, dict) and set(value) == {"inputs"} else value
    if isinstance(said, dict):
        return {str(name): _array(rows) for name, rows in said.items()}
    return {"": _array(said)}


def _array(rows: object) -> Array:
    try:
        return np.asarray(rows)
    except ValueError:  # NumPy's words for it are about its own inner workings
        raise ValueError("its rows must all have the same shape, they have several") from None


def _fitted(array: Array, shape: tuple[int, ...]) -> Array:
    if array.shape == shape:
        return array[np.newaxis]
    if array.ndim and array.shape[1:] != shape and array[0].size == np.prod(shape, dtype=np.int64):
        return array.reshape(len(array), *shape)
    return array
