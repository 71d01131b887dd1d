"""What a node and the process of a user's model say to each other: questions, answers, one record each.

Used by both ends; the node's end relies on nothing but these types and ranges.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server_node.user_code.limits import Limits
from shared.errors import (
    BadData,
    CyxWizError,
    InvalidField,
    NotFound,
    NotSupported,
    OutOfMemory,
    TooLarge,
    TrainingDiverged,
    UserMistake,
)
from shared.model_definition.graph import LayerSummary

LONGEST_SENTENCE = 2_000
LONGEST_NOTE = 2_000
MOST_NAMES = 1_000

Count = Annotated[int, Field(ge=0, le=2**53)]
_Sentence = Annotated[str, StringConstraints(max_length=LONGEST_SENTENCE)]
_Note = Annotated[str, StringConstraints(max_length=LONGEST_NOTE)]
_Name = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._\-]*$")]
_MetricName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Metrics = Annotated[dict[_MetricName, float], Field(max_length=MOST_NAMES)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants")


class UserCodeFailed(UserMistake):
    """A user's own code raised, or ended its process; the message shows the line where that is known."""

    code = "user_code_failed"


class Begin(_Record):
    """The first question, answered by `Begun` once JAX has loaded."""

    limits: Limits
    data_roots: tuple[str, ...]
    artifacts: tuple[str, ...]
    chunk_seconds: float
    work_folder: str


class Verb(StrEnum):
    """What the process is asked to do."""

    PLAN = "plan"
    PREPARE = "prepare"
    NEXT_CHUNK = "next_chunk"
    SNAPSHOT = "snapshot"
    RESULT = "result"


class Question(_Record):
    """A later question; `spec`, `device_id` and `checkpoints` go with `plan` and `prepare`."""

    verb: Annotated[Verb, Field(strict=False)]
    spec: str = ""
    device_id: str = ""
    checkpoints: tuple[str, ...] = ()


class SaidRow(_Record):
    """A row of the history."""

    step: Count
    epoch: Count
    kind: Annotated[str, StringConstraints(max_length=50)]
    values: _Metrics


class SaidChunk(_Record):
    """Where training stands at a chunk's boundary."""

    step: Count
    epoch: Count
    samples_processed: Count
    elapsed_seconds: float
    metrics: _Metrics | None
    history_row: SaidRow | None
    is_last: bool


class Ready(_Record):
    """The answer to `prepare`."""

    memory_bytes: Count
    steps_total: Count
    epochs: Count
    start_step: Count
    notes: tuple[_Note, ...]
    past_rows: tuple[SaidRow, ...]


class Planned(_Record):
    """The answer to `plan`."""

    memory_bytes: Count
    flops_per_step: float
    layers: tuple[LayerSummary, ...] = ()


class Saved(_Record):
    """The answer to `snapshot`: a file of this name is in the work folder."""

    name: _Name


class Finished(_Record):
    """The answer to `result`: files of these names are in the work folder."""

    names: Annotated[tuple[_Name, ...], Field(max_length=MOST_NAMES)]
    final_metrics: _Metrics


class Failed(_Record):
    """The answer to anything that could not be done."""

    code: Annotated[str, StringConstraints(max_length=100)]
    sentence: _Sentence
    field: Annotated[str, StringConstraints(max_length=200)] = ""


class Answer(_Record):
    """Exactly one of these; all empty for `next_chunk` after the last."""

    failed: Failed | None = None
    ready: Ready | None = None
    planned: Planned | None = None
    chunk: SaidChunk | None = None
    saved: Saved | None = None
    finished: Finished | None = None


_BY_CODE: dict[str, Callable[[str, str], CyxWizError]] = {
    kind.code: lambda sentence, field, kind=kind: kind(sentence, field=field)  # type: ignore[misc]  # bound per kind
    for kind in (BadData, TrainingDiverged, InvalidField, NotFound, NotSupported, TooLarge, UserCodeFailed)
}


def error_from(failed: Failed) -> CyxWizError:
    """Give the error that a process reports; codes that are not a user's mistake become `UserCodeFailed`."""
    if failed.code == OutOfMemory.code:
        return OutOfMemory(failed.sentence)
    make = _BY_CODE.get(failed.code, _BY_CODE[UserCodeFailed.code])
    return make(failed.sentence, failed.field)
