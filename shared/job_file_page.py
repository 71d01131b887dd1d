"""Writes the reference of job files, `docs/reference/job-file.md`, from the records that a job file becomes.

`python -m shared.job_file_page > docs/reference/job-file.md`. A test holds the file against this.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shared.documented_attributes import documented_attributes
from shared.job_spec import JobSpec, Resources, Retry

_HEAD = """\
# A job file

Made from the code by `python -m shared.job_file_page`; do not edit.

YAML or JSON, a mapping with these keys; an unknown one is refused. `model` and `dataset` have to be said, unless a
designer graph says them; what is left out otherwise has its default. `cyxwiz submit FILE --set KEY=VALUE` changes one
by its dotted path.

| key | default | values | what |
|---|---|---|---|
| `model` | | a mapping | what is trained: [layers](layers.md), `{file: NAME}` of a model beside it, \
a designer graph, [`{python: NAME}`](../how-to/own-model.md), \
[`{onnx: NAME}`](../how-to/onnx.md), or `{job: ID}` of a job that has ended |
"""
_TAIL = """\
| `array` | | lists by key, or a list of mappings | stands for \
[several jobs](../how-to/share-a-cluster.md#run-a-job-over-a-list-of-settings), \
one for each combination |

`hyperparameters` have [a page of their own](hyperparameters.md), and so have [datasets](datasets.md).
"""
_OTHER_NAMES = {"memory_bytes": "memory"}
_OTHER_VALUES = {"memory": "a size such as `2GiB`"}
_NOT_IN_THE_TABLE = {"model_definition", "hyperparameters"}
_BOUNDS = {"ge": "≥", "le": "≤"}


def job_file_page() -> str:
    """Return the page."""
    return _HEAD + "".join(_rows(JobSpec, "")) + _TAIL


def _rows(record: type[BaseModel], below: str) -> Iterator[str]:
    said = documented_attributes(record)
    for name, field in record.model_fields.items():
        if name in _NOT_IN_THE_TABLE:
            continue
        if field.annotation in {Resources, Retry}:
            assert isinstance(field.annotation, type)
            yield from _rows(field.annotation, f"{below}{name}.")
            continue
        key = _OTHER_NAMES.get(name, name)
        values = _OTHER_VALUES.get(key) or _values(field)
        yield f"| `{below}{key}` | {_default(field)} | {values} | {_sentence(said[name])} |\n"


def _sentence(text: str) -> str:
    return text.rstrip(".").replace("; None for no limit", "; no limit when not said").replace("; None ", "; not said ")


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default in {None, "", ()} or field.default_factory:
        return ""
    if isinstance(field.default, bool):
        return "`true`" if field.default else "`false`"
    return f"`{field.default}`"


def _values(field: FieldInfo) -> str:
    words = [word for word in get_args(field.annotation) if isinstance(word, str)]
    if words:
        return ", ".join(f"`{word}`" for word in words)
    bounds = [
        f"{sign} {getattr(each, name)}"
        for each in field.metadata
        for name, sign in _BOUNDS.items()
        if isinstance(getattr(each, name, None), int)
    ]
    return ", ".join([_kind(field), *bounds])


def _kind(field: FieldInfo) -> str:
    kinds = {"dict": "a mapping", "tuple": "a list", "bool": "`true`, `false`", "int": "integer"}
    text = str(field.annotation)
    return next((kind for name, kind in kinds.items() if re.search(rf"\b{name}\b", text)), "text")


if __name__ == "__main__":
    sys.stdout.write(job_file_page())
