"""Every metric that a run tells of its validation part is what numpy finds from the run's own weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from server_node.training.api import PreparedTraining, TrainingEnvironment
from server_node.training.metrics import METRICS
from tests.server_node.training.builders import a_job, finished, resident_source
from tests.server_node.training.written_formulas import LOSS_FORMULAS, Array

CASES: Mapping[str, tuple[list[dict[str, Any]], str, str]] = {
    "classes": (
        [{"type": "dense", "units": 8}],
        "synthetic://classification?samples=90&features=5&classes=8&seed=3",
        "cross_entropy",
    ),
    "yes or no": (
        [{"type": "dense", "units": 1}],
        "synthetic://classification?samples=90&features=5&classes=2&seed=3",
        "bce_with_logits",
    ),
    "real values": (
        [{"type": "dense", "units": 3}],
        "synthetic://regression?samples=90&features=5&outputs=3&seed=3",
        "mse",
    ),
    "tokens": (
        [{"type": "embedding", "vocab_size": 9, "embedding_dim": 4}, {"type": "time_distributed", "units": 9}],
        "synthetic://tokens?samples=90&length=6&vocab=9&classes=0&seed=3",
        "cross_entropy",
    ),
}


@dataclass(frozen=True)
class Answers:
    """What a model said of some examples: outputs `(n, …)`, their targets, and the loss of each."""

    outputs: Array
    targets: Any
    losses: Array

    @property
    def said(self) -> Any:
        return self.outputs.argmax(axis=-1)


def _by_class(answers: Answers, value: Callable[[float, float, float], float]) -> float:
    """The mean over the classes that occur of `value(hits, times said, times true)`."""
    found = []
    for label in {*answers.said.tolist(), *answers.targets.tolist()}:
        is_said, is_true = answers.said == label, answers.targets == label
        found.append(value((is_said & is_true).sum(), is_said.sum(), is_true.sum()))
    return float(np.mean(found))


def _accuracy(answers: Answers) -> float:
    if answers.outputs.shape[-1] == 1:
        return float(np.mean((answers.outputs[:, 0] > 0) == (answers.targets == 1)))
    return float(np.mean(answers.said == answers.targets))


def _top5(answers: Answers) -> float:
    five = np.argsort(-answers.outputs, axis=-1)[..., :5]
    return float(np.mean((five == answers.targets[..., None]).any(axis=-1)))


def _r2(answers: Answers) -> float:
    spread = ((answers.targets - answers.targets.mean(axis=0)) ** 2).sum(axis=0)
    return float(np.mean(1 - ((answers.outputs - answers.targets) ** 2).sum(axis=0) / spread))


FORMULAS: Mapping[str, Callable[[Answers], float]] = {
    "loss": lambda answers: float(answers.losses.mean()),
    "perplexity": lambda answers: float(np.exp(answers.losses.mean())),
    "accuracy": _accuracy,
    "top5_accuracy": _top5,
    "precision": lambda answers: _by_class(answers, lambda hits, said, _true: hits / max(said, 1)),
    "recall": lambda answers: _by_class(answers, lambda hits, _said, true: hits / max(true, 1)),
    "f1": lambda answers: _by_class(answers, lambda hits, said, true: 2 * hits / (said + true)),
    "mae": lambda answers: float(np.abs(answers.outputs - answers.targets).mean()),
    "r2": _r2,
}
TOLD = {
    "classes": {"loss", "accuracy", "top5_accuracy", "precision", "recall", "f1"},
    "yes or no": {"loss", "accuracy"},
    "real values": {"loss", "mae", "r2"},
    "tokens": {"loss", "accuracy", "perplexity", "top5_accuracy"},
}


def answers_of(run: PreparedTraining, loss: str) -> Answers:
    weights = {name: np.asarray(array, np.float64) for name, array in run.result().weights.items()}
    source, chosen = resident_source(run), run.setup.splits.validation
    values, targets = np.asarray(source.inputs)[chosen], np.asarray(source.targets)[chosen]
    tables = [name for name in weights if name.endswith(".table")]
    hidden = weights[tables[0]][values] if tables else values.astype(np.float64)
    (kernel,) = (name for name in weights if name.endswith("kernel"))
    outputs = hidden @ weights[kernel] + weights[kernel.replace("kernel", "bias")]
    wanted = targets[:, None] if outputs.shape[-1] == 1 else targets
    return Answers(outputs, targets, LOSS_FORMULAS[loss](outputs, wanted, 0.0))


def test_every_metric_has_a_formula_and_is_told_by_some_run() -> None:
    names = {name for family in METRICS.values() for name in family.values} | {"loss", "accuracy", "perplexity"}
    assert set(FORMULAS) == names == set().union(*TOLD.values())


@pytest.mark.parametrize("name", CASES)
def test_a_run_tells_what_numpy_finds_from_its_weights(environment: TrainingEnvironment, name: str) -> None:
    layers, dataset, loss = CASES[name]
    said: dict[str, Any] = {"validation_split": 0.4, "result_weights": "last", "learning_rate": 0.05, "loss": loss}
    run = finished(a_job(layers, dataset, epochs=2, **said), environment)
    answers, values = answers_of(run, loss), run.history[-1].values
    told = {name.removeprefix("val_"): value for name, value in values.items() if name.startswith("val_")}
    assert set(told) == TOLD[name]
    for metric, value in told.items():
        assert value == pytest.approx(FORMULAS[metric](answers), rel=1e-4), metric
