"""Whole runs against the same run in numpy: clipping, accumulation, averaging, best weights and early stopping."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pytest

from server_node.training.api import PreparedTraining, TrainingEnvironment, prepare, train
from server_node.training.data.splits import epoch_order
from tests.server_node.training.builders import a_job, resident_source
from tests.server_node.training.written_formulas import (
    LOSS_FORMULAS,
    UPDATES,
    Array,
    Memory,
    Rates,
    rate_at,
    softmax,
)

DATA = "synthetic://classification?samples=100&features=8&classes=3&seed=1"
LAYERS = ({"type": "dense", "units": 3},)
ALL: dict[str, Any] = {"validation_split": 0.3, "learning_rate": 0.5}
CASES: dict[str, dict[str, Any]] = {
    "clipped": {"gradient_clip_norm": 0.05},
    "accumulated": {"gradient_accumulation": 3},
    "averaged": {"ema_decay": 0.8},
    "last weights": {"result_weights": "last", "optimizer": "adam", "schedule": "cosine", "warmup_steps": 3},
    "patience": {"early_stopping_patience": 2, "epochs": 60, "optimizer": "momentum", "learning_rate": 3.0},
    "all": {
        "gradient_clip_norm": 0.3,
        "gradient_accumulation": 2,
        "ema_decay": 0.6,
        "early_stopping_patience": 3,
        "epochs": 40,
        "optimizer": "momentum",
        "learning_rate": 3.0,
        "schedule": "linear",
        "label_smoothing": 0.1,
    },
}


@dataclass
class Hand:
    """The result of a run in numpy: validation losses by epoch, and the weights that are given."""

    losses: list[float]
    weights: list[Array]


def by_hand(run: PreparedTraining, start: list[Array]) -> Hand:
    said, splits, batch = run.setup.hyperparameters, run.setup.splits, run.setup.structure.batch_size
    inputs, labels = (np.asarray(array) for array in (resident_source(run).inputs, resident_source(run).targets))
    inputs = inputs.astype(np.float64)
    per_step = batch * said.gradient_accumulation
    weights, memories, average = start, [Memory(), Memory()], [np.zeros_like(array) for array in start]
    hand, best, step = Hand([], start), 0, 0
    while len(hand.losses) < run.epochs and not 0 < said.early_stopping_patience <= len(hand.losses) - best:
        order = epoch_order(splits.train, said.seed, len(hand.losses), splits.train.size)
        for first in range(0, order.size, per_step):
            chosen = order[first : first + per_step]
            gradients = clipped(_gradients(weights, inputs[chosen], labels[chosen], said.label_smoothing), said)
            rates = _rates(run, step)
            step += 1
            moved = zip(weights, gradients, memories, strict=True)
            weights = [UPDATES[said.optimizer](array, slope, step, kept, rates) for array, slope, kept in moved]
            pairs = zip(average, weights, strict=True)
            average = [said.ema_decay * old + (1 - said.ema_decay) * new for old, new in pairs]
        judged = [array / (1 - said.ema_decay**step) for array in average]
        outputs = inputs[splits.validation] @ judged[0] + judged[1]
        losses = LOSS_FORMULAS["cross_entropy"](outputs, labels[splits.validation], said.label_smoothing)
        hand.losses.append(float(losses.mean()))
        if said.result_weights == "last" or hand.losses[-1] == min(hand.losses):
            hand.weights = judged
        best = int(np.argmin(hand.losses)) + 1
    return hand


def _gradients(weights: list[Array], inputs: Array, labels: Any, smoothing: float) -> list[Array]:
    wanted = (1 - smoothing) * np.eye(3)[labels] + smoothing / 3
    slope = (softmax(inputs @ weights[0] + weights[1]) - wanted) / len(labels)
    return [inputs.T @ slope, slope.sum(axis=0)]


def clipped(gradients: list[Array], said: Any) -> list[Array]:
    norm = float(np.sqrt(sum((array**2).sum() for array in gradients)))
    if said.gradient_clip_norm is None or norm <= said.gradient_clip_norm:
        return gradients
    return [array * said.gradient_clip_norm / norm for array in gradients]


def _rates(run: PreparedTraining, step: int) -> Rates:
    said, total = run.setup.hyperparameters, run.steps_total
    warmup = said.warmup_steps or 0
    rate = rate_at(
        said.schedule,
        step,
        peak=said.learning_rate,
        end=said.end_learning_rate,
        warmup=warmup,
        decay=total - warmup,
        factor=said.decay_rate,
    )
    return Rates(rate, said.weight_decay, said.momentum, said.beta1, said.beta2, said.epsilon)


@pytest.mark.parametrize("case", CASES)
def test_a_run_ends_as_the_same_run_in_numpy(environment: TrainingEnvironment, case: str) -> None:
    said = {"optimizer": "sgd", "epochs": 4, **ALL, **CASES[case]}
    run = prepare(a_job(LAYERS, DATA, batch_size=8, **said), environment)
    drawn = jax.device_get(run._state.weights)[-1]
    hand = by_hand(run, [np.asarray(drawn[name], np.float64) for name in ("kernel", "bias")])
    list(train(run))

    losses = [row.values["val_loss"] for row in run.history]
    np.testing.assert_allclose(losses, hand.losses, rtol=1e-4)
    for name, wanted in zip(("dense_1.kernel", "dense_1.bias"), hand.weights, strict=True):
        np.testing.assert_allclose(run.result().weights[name], wanted, rtol=1e-3, atol=1e-5)
    if said.get("early_stopping_patience"):
        assert len(losses) < said["epochs"], "the case must stop early to say something"
