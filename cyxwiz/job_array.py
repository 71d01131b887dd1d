"""One job over a list of settings: the key `array` of a job file, spread into the jobs it stands for.

    array:                                    array:
      - {epochs: 5}                             hyperparameters.learning_rate: [0.1, 0.01]
      - {epochs: 9, batch_size: 128}            hyperparameters.seed: [0, 1, 2]

A list has one mapping for each job; a mapping of lists stands for every combination, the last key changing fastest.
Keys are the dotted paths of `--set`. It submits nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from cyxwiz.array_order import ARRAY_LABEL, INDEX_LABEL
from cyxwiz.job_file import with_setting
from shared.errors import InvalidField

ARRAY = "array"
MOST_JOBS = 10_000


@dataclass(frozen=True, slots=True)
class ArrayJob:
    """One job of an array.

    Attributes:
        index: its place, from 0.
        settings: what is its own, by dotted path.
        job: the keys of its job file.
    """

    index: int
    settings: Mapping[str, object]
    job: dict[str, object]


def is_array(job: Mapping[str, object]) -> bool:
    """Tell whether a job file stands for more than one job."""
    return ARRAY in job


def jobs_of_array(job: Mapping[str, object], array_id: str) -> list[ArrayJob]:
    """Return the jobs that a job file with `array` stands for, named and labelled so that they are found together.

    Args:
        job: the keys of the job file.
        array_id: what they are labelled with.

    Raises:
        InvalidField: `array` is neither a list of settings nor lists by key, is empty, or has too many.
    """
    common = {key: value for key, value in job.items() if key != ARRAY}
    return [
        ArrayJob(index, settings, _one(common, settings, array_id, index))
        for index, settings in enumerate(_settings(job.get(ARRAY)))
    ]


def _one(common: Mapping[str, object], settings: Mapping[str, object], array_id: str, index: int) -> dict[str, object]:
    job = dict(common)
    for key, value in settings.items():
        job = with_setting(job, key, value)
    if "name" not in settings:
        job["name"] = f"{job.get('name') or 'array'}[{index}]"
    labels = job.get("labels")
    said = dict(labels) if isinstance(labels, Mapping) else {}
    return job | {"labels": said | {ARRAY_LABEL: array_id, INDEX_LABEL: str(index)}}


def _settings(array: object) -> list[Mapping[str, object]]:
    if isinstance(array, Mapping) and array:
        return _combinations({_checked_key(key): _checked_list(key, values) for key, values in array.items()})
    if isinstance(array, list | tuple) and array:
        _refuse_too_many(len(array))
        return [_checked_settings(settings, index) for index, settings in enumerate(array)]
    raise InvalidField(
        "array must be a list of settings, [{epochs: 1}, {epochs: 2}], or lists by key such as {epochs: [1, 2]}, "
        f"and not empty; got {type(array).__name__}",
        field=ARRAY,
    )


def _combinations(lists: Mapping[str, list[object]]) -> list[Mapping[str, object]]:
    count = 1
    for values in lists.values():
        count *= len(values)
        _refuse_too_many(count)
    return [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]


def _refuse_too_many(count: int) -> None:
    if count > MOST_JOBS:
        raise InvalidField(f"array stands for {count:,} jobs or more, and {MOST_JOBS:,} are the most", field=ARRAY)


def _checked_settings(settings: object, index: int) -> Mapping[str, object]:
    if not isinstance(settings, Mapping):
        raise InvalidField(
            f"array[{index}] must be a mapping of settings such as {{epochs: 1}}, got {type(settings).__name__}",
            field=f"{ARRAY}[{index}]",
        )
    return {_checked_key(key): value for key, value in settings.items()}


def _checked_list(key: object, values: object) -> list[object]:
    if not isinstance(values, list | tuple) or not values:
        raise InvalidField(f"array.{key} must be a list of values and not empty, got {values!r}", field=f"array.{key}")
    return list(values)


def _checked_key(key: object) -> str:
    if not isinstance(key, str) or not all(key.split(".")) or key == ARRAY:
        raise InvalidField(f"array has the key {key!r}, which is no dotted path of a job's key", field=ARRAY)
    return key
