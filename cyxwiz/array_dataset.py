"""A dataset handed in as arrays: it becomes an NPZ file to be uploaded before the job, named by its content.

Nothing is pickled, and the same arrays give the same bytes. Which numbers a model can learn from, the node checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from cyxwiz.file_digest import digest_of_file
from shared.did_you_mean import quoted
from shared.errors import InvalidField
from shared.job_spec import ARTIFACT_PREFIX

DATASET_FILE = "dataset.npz"
FIELD = "dataset"

_Array = np.ndarray[Any, np.dtype[Any]]
_NAMES_OF_COUNT = {
    2: ("x", "y"),
    4: ("x_train", "y_train", "x_val", "y_val"),
    6: ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"),
}
_NUMBERS = "biuf"
_FORMS = "(x, y), (x, y, x_val, y_val) or arrays by name such as {'x': x, 'y': y}"


def has_array_dataset(job: Mapping[str, object]) -> bool:
    """Whether the job's dataset is arrays, or is meant to be."""
    return _is_arrays(job.get(FIELD))


def with_array_dataset(job: Mapping[str, object], folder: Path) -> dict[str, object]:
    """Return the job with the URI of its arrays in their place; the file lies in `folder` then.

    Raises:
        InvalidField: these are no arrays of numbers, or inputs and targets are not equally many.
    """
    path = folder / DATASET_FILE
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **_arrays(job[FIELD]))
    return {**job, FIELD: f"{ARTIFACT_PREFIX}{digest_of_file(path).sha256}"}


def _is_arrays(dataset: object) -> TypeGuard[Mapping[object, object] | tuple[object, ...] | list[object]]:
    return isinstance(dataset, Mapping | tuple | list) or hasattr(dataset, "__array__")


def _arrays(dataset: object) -> dict[str, _Array]:
    arrays = {name: _array(value, name) for name, value in _by_name(dataset).items()}
    for name, target in arrays.items():
        inputs = arrays.get(f"x{name.removeprefix('y')}") if name.startswith("y") else None
        if inputs is not None and len(inputs) != len(target):
            raise InvalidField(
                f"dataset has {len(inputs):,} examples in x{name.removeprefix('y')} and {len(target):,} in {name}; "
                "each example needs its target",
                field=f"{FIELD}.{name}",
            )
    return arrays


def _by_name(dataset: object) -> dict[str, object]:
    if isinstance(dataset, Mapping) and dataset:
        return {_checked_name(name): value for name, value in dataset.items()}
    if isinstance(dataset, tuple | list) and len(dataset) in _NAMES_OF_COUNT:
        return dict(zip(_NAMES_OF_COUNT[len(dataset)], dataset, strict=True))
    count = f" of {len(dataset)}" if isinstance(dataset, tuple | list | Mapping) else ""
    raise InvalidField(f"dataset must be a URI or {_FORMS}, got a {type(dataset).__name__}{count}", field=FIELD)


def _checked_name(name: object) -> str:
    # What np.savez calls its own arguments cannot be the name of an array.
    if isinstance(name, str) and name.isidentifier() and name not in {"file", "allow_pickle"}:
        return name
    raise InvalidField(f"dataset has the name {quoted(name)}; arrays are named like x, y or y_val", field=FIELD)


def _array(value: object, name: str) -> _Array:
    field = f"{FIELD}.{name}"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise InvalidField(f"{field} must be an array of numbers: {error}", field=field) from None
    if array.dtype.kind not in _NUMBERS:
        hint = "; number the classes from 0" if array.dtype.kind in "US" else ""
        raise InvalidField(f"{field} must be an array of numbers, got one of {array.dtype}{hint}", field=field)
    if array.ndim == 0 or len(array) == 0:
        raise InvalidField(f"{field} must have at least one example, got the shape {array.shape}", field=field)
    return array
