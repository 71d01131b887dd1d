"""Metrics against plain numpy, added batch by batch with padding that must not count."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.api import TrainingEnvironment
from server_node.training.metrics import METRICS, families_for
from server_node.training.metrics.task import Task, right_share, task_of
from server_node.training.metrics.top_classes import TOP_CLASSES
from tests.server_node.training.builders import MLP, a_job, finished, resident_source

RNG = np.random.default_rng(4)
OUTPUTS = RNG.normal(size=(50, 7)).astype(np.float32)
LABELS = RNG.integers(0, 6, 50).astype(np.int32)


def values_of(family: str, outputs: Any, targets: Any, batch: int = 16) -> Mapping[str, float]:
    chosen = METRICS[family]
    sums: Any = chosen.start(outputs.shape[1:])
    for start in range(0, len(outputs), batch):
        part, wanted = outputs[start : start + batch], targets[start : start + batch]
        is_real = np.arange(batch) < len(part)
        fill = batch - len(part)
        part = np.concatenate([part, np.full((fill, *part.shape[1:]), 99, part.dtype)])
        wanted = np.concatenate([wanted, np.zeros((fill, *wanted.shape[1:]), wanted.dtype)])
        sums = jax.jit(chosen.add)(sums, part, wanted, is_real)
    sums = jax.device_get(sums)
    return {name: value(sums) for name, value in chosen.values.items()}


def test_top5_counts_labels_among_the_five_largest() -> None:
    wanted = np.mean([label in np.argsort(-row)[:5] for row, label in zip(OUTPUTS, LABELS, strict=True)])
    assert values_of("top_classes", OUTPUTS, LABELS)["top5_accuracy"] == pytest.approx(wanted)


def test_precision_recall_and_f1_weigh_every_class_the_same() -> None:
    answers, precisions, recalls, scores = OUTPUTS.argmax(axis=1), [], [], []
    for label in sorted({*answers.tolist(), *LABELS.tolist()}):
        hits = np.sum((answers == label) & (label == LABELS))
        said, true = np.sum(answers == label), np.sum(label == LABELS)
        precisions.append(hits / said if said else 0.0)
        recalls.append(hits / true if true else 0.0)
        scores.append(2 * hits / (said + true))
    got = values_of("class_balance", OUTPUTS, LABELS)
    assert got["precision"] == pytest.approx(np.mean(precisions))
    assert got["recall"] == pytest.approx(np.mean(recalls))
    assert got["f1"] == pytest.approx(np.mean(scores))


def test_r2_and_mae_keep_their_digits_far_from_zero() -> None:
    targets = (RNG.normal(size=(50, 2)) + np.asarray([1e4, -3e3])).astype(np.float32)
    outputs = (targets + RNG.normal(size=(50, 2)) * 0.3).astype(np.float32)
    exact, said = targets.astype(np.float64), outputs.astype(np.float64)
    spread = np.square(exact - exact.mean(axis=0)).sum(axis=0)
    got = values_of("deviations", outputs, targets)
    assert got["r2"] == pytest.approx(np.mean(1 - np.square(said - exact).sum(axis=0) / spread), rel=1e-3)
    assert got["mae"] == pytest.approx(np.abs(said - exact).mean(), rel=1e-4)


@pytest.mark.parametrize("value", [0.1, 3.3e5])
def test_targets_that_are_all_the_same_have_no_r2(value: float) -> None:
    targets = np.full((50, 1), value, np.float32)
    assert values_of("deviations", targets + np.float32(1), targets, batch=7)["r2"] == 0.0


def test_tokens_are_right_or_wrong_one_by_one() -> None:
    outputs = jax.nn.one_hot(jnp.asarray([[0, 1, 2], [2, 2, 2]]), 3)
    targets = jnp.asarray([[0, 1, 1], [2, 0, 0]], jnp.int32)
    task = task_of("cross_entropy", (3, 3), has_labels=True)
    np.testing.assert_allclose(right_share(task, "cross_entropy", outputs, targets), [2 / 3, 1 / 3], rtol=1e-6)
    assert families_for(task, (3, 3)) == ()


def test_every_family_suits_some_question() -> None:
    shapes = {Task.CLASSES: (10,), Task.BINARY: (1,), Task.VALUES: (2,)}
    assert {name for task, shape in shapes.items() for name in families_for(task, shape)} == set(METRICS)


def test_test_metrics_of_a_run_are_those_of_its_own_predictions(environment: TrainingEnvironment) -> None:
    run = finished(a_job(MLP, "builtin://digits", batch_size=64, epochs=3), environment)
    weights, source = run.result().weights, resident_source(run)
    test = run.setup.splits.test
    images, labels = np.asarray(source.inputs)[test].reshape(-1, 64), np.asarray(source.targets)[test]
    hidden = np.maximum(images @ weights["dense_1.kernel"] + weights["dense_1.bias"], 0)
    outputs = hidden @ weights["dense_2.kernel"] + weights["dense_2.bias"]
    metrics = run.result().final_metrics
    assert metrics["test_accuracy"] == pytest.approx(np.mean(outputs.argmax(axis=1) == labels))
    assert metrics["test_f1"] == pytest.approx(values_of("class_balance", outputs, labels)["f1"])
    assert metrics["test_top5_accuracy"] == pytest.approx(values_of("top_classes", outputs, labels)["top5_accuracy"])


@pytest.mark.parametrize(("value", "hits"), [(0.0, 5.0), (float("nan"), 0.0)])
def test_of_equal_outputs_five_are_hit_and_of_those_that_are_no_numbers_none(value: float, hits: float) -> None:
    outputs, labels = jnp.full((8, 8), value, jnp.float32), jnp.arange(8, dtype=jnp.int32)
    begun = jax.tree.map(jnp.asarray, TOP_CLASSES.start((8,)))
    sums = TOP_CLASSES.add(begun, outputs, labels, jnp.ones((8,), bool))
    assert float(sums["right"]) == hits
