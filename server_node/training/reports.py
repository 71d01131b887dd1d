"""What training says while it goes on: a report at every chunk boundary, a row of history where the job fixes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ChunkKind(StrEnum):
    """What a chunk did."""

    TRAINING = "training"
    EVALUATION = "evaluation"


class RowKind(StrEnum):
    """Why a row of history stands where it does."""

    EPOCH = "epoch"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One row of the metric history, part of the result: the same bits in every run of the job, elapsed time aside.

    Attributes:
        step: finished steps.
        epoch: counted from 1, the one that the step belongs to.
        kind: `epoch` rows hold means over their epoch, `interval` rows means since the row before.
        values: `loss`, `accuracy` (where answers can be right), `perplexity` (language models), `learning_rate`,
            `samples_processed`, `elapsed_ms`, and in epoch rows `val_loss` and the other metrics of an evaluation
            where there is a validation split.
    """

    step: int
    epoch: int
    kind: RowKind
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """What is known at a chunk boundary.

    Attributes:
        step: finished steps of the whole job.
        steps_total: steps it will have.
        epoch: the one being trained, counted from 1.
        epochs: how many it will have.
        samples_processed: examples trained on, of the whole job.
        elapsed_seconds: wall time of training, the time before a resume included.
        metrics: live values since the last row of history, or the outcome of an evaluation with its last chunk.
        history_row: the row that ends here, when one does.
        kind: what the chunk did.
        is_last: whether nothing comes after this report.
    """

    step: int
    steps_total: int
    epoch: int
    epochs: int
    samples_processed: int
    elapsed_seconds: float
    metrics: Mapping[str, float] | None
    history_row: MetricRow | None
    kind: ChunkKind
    is_last: bool
