"""Accumulation, averages, best weights, early stopping and bfloat16: what they compute, and that resuming keeps it."""

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_node.training.api import (
    PreparedTraining,
    TrainingEnvironment,
    prepare,
    save_checkpoint,
    train,
    write_result,
)
from server_node.training.train_state import TrainState
from shared.errors import InvalidField
from shared.job_spec import JobSpec
from tests.server_node.training.builders import CNN, MLP, SMALL, a_job, finished, run_to_step, timeless, weight_bits

DIGITS = "builtin://digits"
SMALL_IMAGE = "synthetic://images?samples=48&height=12&width=12&channels=3&classes=3&seed=2"
SMALL_SEQUENCE = "synthetic://sequences?samples=48&length=6&features=4&classes=3&seed=2"
NOISE = "synthetic://classification?samples=60&features=8&classes=3&seed=1"


def state_of(prepared: PreparedTraining) -> TrainState:
    return prepared._state


def weights_of(prepared: PreparedTraining) -> Any:
    return jax.device_get(state_of(prepared).weights)


FEATURES: dict[str, dict[str, Any]] = {
    "accumulation": {"gradient_accumulation": 3, "metric_interval_steps": 2},
    "average": {"ema_decay": 0.9, "validation_split": 0.2},
    "best": {"validation_split": 0.3, "learning_rate": 0.5, "epochs": 5},
    "patience": {"validation_split": 0.3, "learning_rate": 0.5, "epochs": 30, "early_stopping_patience": 2},
    "bfloat16": {"precision": "bfloat16", "gradient_clip_norm": 1.0},
    "all": {
        "gradient_accumulation": 2,
        "ema_decay": 0.5,
        "validation_split": 0.3,
        "early_stopping_patience": 2,
        "precision": "bfloat16",
        "optimizer": "lamb",
        "learning_rate": 0.5,
        "epochs": 12,
    },
}


def job_with(feature: str) -> JobSpec:
    chosen = dict(FEATURES[feature])
    return a_job(MLP, SMALL, batch_size=8, epochs=chosen.pop("epochs", 3), **chosen)


@pytest.mark.slow
@pytest.mark.parametrize("feature", FEATURES)
@settings(max_examples=4, deadline=None)
@given(reports=st.lists(st.integers(1, 20), min_size=1, max_size=3))
def test_every_feature_survives_interruptions_bit_for_bit(
    environment: TrainingEnvironment, tmp_path_factory: pytest.TempPathFactory, feature: str, reports: list[int]
) -> None:
    spec, path = job_with(feature), tmp_path_factory.mktemp("resume") / "checkpoint.safetensors"
    whole, resumed = finished(spec, environment), prepare(spec, environment)
    for wanted in reports:
        for _, _report in zip(range(wanted), train(resumed, chunk_seconds=0.0), strict=False):
            pass
        save_checkpoint(resumed.snapshot(), path)
        resumed = prepare(spec, environment, checkpoints=[path])
        assert resumed.resume_note is None
    list(train(resumed))

    assert weight_bits(resumed) == weight_bits(whole)
    assert timeless(resumed.history) == timeless(whole.history)
    assert resumed.step == whole.step


@pytest.mark.parametrize("feature", FEATURES)
def test_chunk_sizes_change_no_feature(environment: TrainingEnvironment, feature: str) -> None:
    large = finished(job_with(feature), environment, chunk_seconds=100.0)
    small = finished(job_with(feature), environment, chunk_seconds=0.0)
    assert weight_bits(large) == weight_bits(small)
    assert timeless(large.history) == timeless(small.history)


@pytest.mark.slow
def test_three_accumulated_batches_are_one_of_three_times_the_size(environment: TrainingEnvironment) -> None:
    accumulated = finished(a_job(batch_size=8, gradient_accumulation=3, optimizer="sgd"), environment)
    large = finished(a_job(batch_size=24, optimizer="sgd"), environment)

    assert accumulated.steps_per_epoch == large.steps_per_epoch == 5  # 100 examples: the last step has 4
    for ours, theirs in zip(jax.tree.leaves(weights_of(accumulated)), jax.tree.leaves(weights_of(large)), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    ours, theirs = ([row.values["loss"] for row in run.history] for run in (accumulated, large))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert accumulated.setup.samples_after(accumulated.step) == 300


@pytest.mark.slow
def test_accumulated_batches_of_a_convolution_train(environment: TrainingEnvironment) -> None:
    run = finished(a_job((*CNN[:3], CNN[-1]), SMALL_IMAGE, batch_size=8, gradient_accumulation=4), environment)
    losses = [row.values["loss"] for row in run.history]
    assert losses[-1] < losses[0]


def test_the_average_is_the_corrected_exponential_one(environment: TrainingEnvironment) -> None:
    decay, moving, steps = 0.9, None, 5
    run = prepare(a_job(ema_decay=decay), environment)
    for _, _report in zip(range(steps), train(run, chunk_seconds=0.0), strict=False):
        newest = weights_of(run)[1]["kernel"].astype(np.float64)
        moving = (1 - decay) * newest + (decay * moving if moving is not None else 0)

    assert moving is not None
    expected = moving / (1 - decay**steps)
    np.testing.assert_allclose(jax.device_get(state_of(run).averaged[1]["kernel"]), expected, rtol=1e-5)
    result = run.result()
    np.testing.assert_array_equal(result.weights["dense_1.kernel"], jax.device_get(state_of(run).averaged[1]["kernel"]))
    assert result.description["weights_are"]["averaged"] is True


def test_another_decay_compiles_nothing(environment: TrainingEnvironment) -> None:
    finished(a_job(ema_decay=0.9), environment)
    known = len(environment.programs)
    finished(a_job(ema_decay=0.99), environment)
    assert len(environment.programs) == known


def test_the_result_has_the_weights_of_the_best_epoch(environment: TrainingEnvironment, tmp_path: Path) -> None:
    spec = a_job(MLP, NOISE, batch_size=8, epochs=12, validation_split=0.4, learning_rate=0.3)
    run = finished(spec, environment)
    losses = [row.values["val_loss"] for row in run.history]
    best = int(np.argmin(losses))
    assert best < len(losses) - 1, "the data must be overfitted for this test to say something"

    stopped = prepare(spec, environment)
    run_to_step(stopped, (best + 1) * stopped.steps_per_epoch)
    result = run.result()
    np.testing.assert_array_equal(result.weights["dense_1.kernel"], weights_of(stopped)[1]["kernel"])
    assert result.final_metrics["val_loss"] == min(losses)
    assert result.final_metrics["best_epoch"] == best + 1
    assert result.description["weights_are"] == {
        "chosen": "best",
        "step": (best + 1) * run.steps_per_epoch,
        "averaged": False,
    }
    assert result.last_weights is not None
    np.testing.assert_array_equal(result.last_weights["dense_1.kernel"], weights_of(run)[1]["kernel"])
    files = write_result(result, spec.model_definition, tmp_path)
    assert [file.path.name for file in files][-1] == "last.safetensors"


def test_the_last_weights_are_given_where_the_job_says_so(environment: TrainingEnvironment) -> None:
    spec = a_job(epochs=6, validation_split=0.4, learning_rate=0.3, result_weights="last")
    run = finished(spec, environment)
    result = run.result()
    np.testing.assert_array_equal(result.weights["dense_1.kernel"], weights_of(run)[1]["kernel"])
    assert result.last_weights is None


def test_training_ends_when_patience_is_lost(environment: TrainingEnvironment) -> None:
    run = finished(job_with("patience"), environment)
    losses = [row.values["val_loss"] for row in run.history]

    assert len(losses) < 30
    assert int(np.argmin(losses)) == len(losses) - 3  # two epochs later nothing was better
    assert run.step < run.steps_total


@pytest.mark.parametrize("said", [{"early_stopping_patience": 2}, {"result_weights": "best"}], ids=str)
def test_what_needs_validation_says_so(environment: TrainingEnvironment, said: dict[str, Any]) -> None:
    with pytest.raises(InvalidField, match="set validation_split"):
        prepare(a_job(**said), environment)


@pytest.mark.slow
def test_bfloat16_keeps_float32_weights_and_learns_the_same(environment: TrainingEnvironment) -> None:
    spec: dict[str, Any] = {"layers": MLP, "dataset": DIGITS, "batch_size": 64, "epochs": 4}
    half = finished(a_job(**spec, precision="bfloat16"), environment)
    full = finished(a_job(**spec), environment)

    assert {str(leaf.dtype) for leaf in jax.tree.leaves(state_of(half).weights)} == {"float32"}
    accuracies = [run.result().final_metrics["test_accuracy"] for run in (half, full)]
    assert accuracies[0] == pytest.approx(accuracies[1], abs=0.03)
    assert weight_bits(half) != weight_bits(full)


LANGUAGE_MODEL: tuple[dict[str, Any], ...] = (
    {"type": "embedding", "vocab_size": 20, "embedding_dim": 16},
    {"type": "positional_encoding", "dropout": 0.1},
    {"type": "transformer_decoder", "d_model": 16, "num_heads": 2, "ff_dim": 32, "num_layers": 1, "dropout": 0.1},
    {"type": "dense", "units": 20},
)
TOKENS = "synthetic://tokens?samples=96&length=12&vocab=20&classes=0&seed=1"


@pytest.mark.slow
def test_a_language_model_in_bfloat16_learns_and_tells_its_perplexity(environment: TrainingEnvironment) -> None:
    spec = a_job(LANGUAGE_MODEL, TOKENS, epochs=4, validation_split=0.25, learning_rate=0.01, precision="bfloat16")
    run = finished(spec, environment)

    values = [row.values for row in run.history]
    assert values[-1]["loss"] < values[0]["loss"]
    for row in values:
        assert row["perplexity"] == pytest.approx(np.exp(row["loss"]))
        assert row["val_perplexity"] == pytest.approx(np.exp(row["val_loss"]))
        assert 0 <= row["accuracy"] <= 1
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(state_of(run).weights)} == {"float32"}


NARROW: dict[str, tuple[str, tuple[dict[str, Any], ...]]] = {
    "images": (
        SMALL_IMAGE,
        (
            {"type": "conv2d", "filters": 4, "stride": 2, "activation": "relu"},
            {"type": "group_norm", "num_groups": 2},
            {"type": "depthwise_conv2d"},
            {"type": "avg_pool2d"},
            {"type": "layer_norm"},
            {"type": "elu"},
            {"type": "global_avg_pool"},
            {"type": "dense", "units": 3, "activation": "softmax"},
        ),
    ),
    "lstm": (SMALL_SEQUENCE, ({"type": "lstm", "units": 8}, {"type": "dense", "units": 3})),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NARROW)
def test_layers_of_every_family_learn_in_bfloat16(environment: TrainingEnvironment, name: str) -> None:
    dataset, layers = NARROW[name]
    run = finished(a_job(layers, dataset, epochs=4, learning_rate=0.01, precision="bfloat16"), environment)
    losses = [row.values["loss"] for row in run.history]
    assert losses[-1] < losses[0]
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(state_of(run))} <= {"float32", "int32"}
