"""Trains a judged model twice, as its judge will: an epoch on data of its shape, and one batch again and again."""

from __future__ import annotations

import math

from server_node.training.api import TrainingEnvironment, prepare, train
from shared.job_spec import job_spec_from_mapping
from tests.judged_models.judged_model import JudgedModel

BATCH = 16
STEPS = 20


def losses_on_one_batch(model: JudgedModel, environment: TrainingEnvironment) -> list[float]:
    """The loss of each of 20 steps on one batch that stays the same."""
    return _losses(model, environment, samples=BATCH, epochs=STEPS)


def loss_of_an_epoch(model: JudgedModel, environment: TrainingEnvironment) -> float:
    """The mean loss over one epoch of three batches, of which the last is half empty."""
    [loss] = _losses(model, environment, samples=2 * BATCH + BATCH // 2, epochs=1)
    return loss


def is_falling(losses: list[float]) -> bool:
    """Whether all are finite and the last one is less than the first."""
    return len(losses) == STEPS and all(math.isfinite(loss) for loss in losses) and losses[-1] < losses[0]


def _losses(model: JudgedModel, environment: TrainingEnvironment, *, samples: int, epochs: int) -> list[float]:
    spec = job_spec_from_mapping(model.job(samples=samples, epochs=epochs))
    rows = [report.history_row for report in train(prepare(spec, environment))]
    return [row.values["loss"] for row in rows if row is not None]
