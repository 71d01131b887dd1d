"""The training loop: what it computes, when it yields, what it says."""

from itertools import count
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_node.training.api import ChunkKind, PreparedTraining, RowKind, TrainingEnvironment, prepare, train
from server_node.training.data.splits import epoch_order
from shared.errors import TrainingDiverged
from tests.server_node.training.builders import (
    CNN,
    MLP,
    SMALL,
    a_job,
    an_environment,
    clock_of_chunks,
    finished,
    resident_source,
    timeless,
    weight_bits,
)

DIGITS = "builtin://digits"


@pytest.mark.slow
def test_the_same_job_twice_gives_the_same_bits_even_when_it_is_compiled_twice() -> None:
    spec = a_job(CNN, DIGITS, batch_size=64, epochs=2, validation_split=0.1, metric_interval_steps=5)
    first, second = finished(spec, an_environment()), finished(spec, an_environment())

    assert weight_bits(first) == weight_bits(second)
    assert timeless(first.history) == timeless(second.history)
    assert first.result().final_metrics["test_loss"] == second.result().final_metrics["test_loss"]


def test_another_seed_gives_other_weights(environment: TrainingEnvironment) -> None:
    assert weight_bits(finished(a_job(seed=1), environment)) != weight_bits(finished(a_job(seed=2), environment))


def test_the_first_fifty_losses_are_those_of_a_plain_loop(environment: TrainingEnvironment) -> None:
    spec = a_job(MLP, DIGITS, batch_size=64, epochs=3, metric_interval_steps=1, learning_rate=0.003)
    prepared = prepare(spec, environment)
    expected = _losses_of_a_plain_loop(prepared, steps=50)

    rows = [report.history_row for report in train(prepared) if report.history_row]
    got = [row.values["loss"] for row in rows if row.kind is RowKind.INTERVAL]

    # steps 23 and 46 end epochs: their rows hold the epoch's mean
    wanted = [loss for step, loss in enumerate(expected, start=1) if step % prepared.steps_per_epoch]
    np.testing.assert_allclose(got[: len(wanted)], wanted, rtol=1e-5)
    assert rows[22].kind is RowKind.EPOCH


def _losses_of_a_plain_loop(prepared: PreparedTraining, steps: int) -> list[float]:
    source = resident_source(prepared)
    images, labels = np.asarray(source.inputs).reshape(-1, 64), np.asarray(source.targets)
    weights = prepared._state.weights
    params = [dict(layer) for layer in jax.device_get(weights) if layer]
    optimizer = optax.adam(0.003)
    with jax.numpy_dtype_promotion("standard"):
        state = optimizer.init(params)

    def loss_of(params: Any, x: Any, y: Any) -> Any:
        hidden = jax.nn.relu(x @ params[0]["kernel"] + params[0]["bias"][None, :])
        logits = hidden @ params[1]["kernel"] + params[1]["bias"][None, :]
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1))

    @jax.jit
    def step(params: Any, state: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(params, x, y)
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, loss

    losses: list[float] = []
    train_indices = prepared.setup.splits.train
    for epoch in count():
        order = epoch_order(train_indices, seed=7, epoch=epoch, length=prepared.setup.structure.order_length)
        for start in range(0, train_indices.size, 64):
            if len(losses) == steps:
                return losses
            batch = order[start : min(start + 64, train_indices.size)]
            params, state, loss = step(params, state, images[batch], labels[batch])
            losses.append(float(loss))
    raise AssertionError


@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12), validation=st.booleans(), convolves=st.booleans())
def test_chunk_sizes_change_nothing(
    environment: TrainingEnvironment, sizes: list[int], *, validation: bool, convolves: bool
) -> None:
    layers, dataset = (CNN, DIGITS) if convolves else (MLP, SMALL)
    batch_size = 256 if convolves else 16
    spec = a_job(
        layers,
        dataset,
        batch_size=batch_size,
        epochs=2,
        validation_split=0.2 if validation else 0.0,
        metric_interval_steps=3,
    )
    whole = finished(spec, environment, chunk_seconds=100.0)
    chunked = prepare(spec, environment)
    list(train(chunked, chunk_seconds=1.0, clock=clock_of_chunks(sizes)))

    assert weight_bits(chunked) == weight_bits(whole)
    assert timeless(chunked.history) == timeless(whole.history)


def test_the_first_chunk_is_one_step_and_one_report_is_the_last(environment: TrainingEnvironment) -> None:
    reports = list(train(prepare(a_job(validation_split=0.2), environment)))

    assert reports[0].step == 1
    assert [report.is_last for report in reports] == [False] * (len(reports) - 1) + [True]
    assert reports[-1].step == reports[-1].steps_total == 15


def test_chunks_grow_towards_the_wished_time(environment: TrainingEnvironment) -> None:
    spec = a_job(dataset="synthetic://classification?samples=20000&features=4&classes=2", epochs=1)
    ticks = count()
    reports = list(train(prepare(spec, environment), chunk_seconds=64.0, clock=lambda: float(next(ticks))))

    steps = [report.step for report in reports]
    assert steps[:4] == [1, 9, 73, 585]  # each chunk eight times the one before while a chunk takes one second


def test_samples_count_partial_batches_once(environment: TrainingEnvironment) -> None:
    reports = list(train(prepare(a_job(epochs=2), environment)))
    assert reports[-1].samples_processed == 200
    assert prepare(a_job(), environment).setup.samples_after(7) == 100


def test_epoch_rows_carry_everything_people_look_at(environment: TrainingEnvironment) -> None:
    prepared = finished(a_job(MLP, DIGITS, batch_size=64, epochs=2, validation_split=0.1), environment)

    assert [row.kind for row in prepared.history] == [RowKind.EPOCH, RowKind.EPOCH]
    assert set(prepared.history[0].values) == {
        "loss",
        "accuracy",
        "learning_rate",
        "val_loss",
        "val_accuracy",
        "val_top5_accuracy",
        "val_precision",
        "val_recall",
        "val_f1",
        "samples_processed",
        "elapsed_ms",
    }
    assert {"test_loss", "test_accuracy"} <= set(prepared.result().final_metrics)


def test_regression_has_no_accuracy_and_learns(environment: TrainingEnvironment) -> None:
    layers = ({"type": "dense", "units": 16, "activation": "tanh"}, {"type": "dense", "units": 1})
    spec = a_job(layers, "synthetic://regression?samples=500&features=5", epochs=30, learning_rate=0.01)
    prepared = finished(spec, environment)

    assert "accuracy" not in prepared.history[-1].values
    assert prepared.history[-1].values["loss"] < 0.1 * prepared.history[0].values["loss"]


def test_interval_rows_stand_every_k_steps_and_epoch_rows_at_epoch_ends(environment: TrainingEnvironment) -> None:
    prepared = finished(a_job(epochs=2, metric_interval_steps=5), environment)
    places = [(row.step, row.kind.value) for row in prepared.history]
    assert places == [(5, "interval"), (7, "epoch"), (10, "interval"), (14, "epoch")]


@pytest.mark.parametrize("layers", [MLP, ({"type": "conv2d", "filters": 2}, {"type": "dense", "units": 10})])
def test_a_loss_that_stops_being_finite_names_its_step(environment: TrainingEnvironment, layers: Any) -> None:
    dataset = DIGITS if layers is not MLP else SMALL
    spec = a_job(layers, dataset, epochs=50, optimizer="sgd", learning_rate=1e6)
    prepared = prepare(spec, environment)
    expected = _first_bad_step(prepare(spec, environment))

    with pytest.raises(TrainingDiverged, match=f"at step {expected};"):
        list(train(prepared))
    assert expected > 1


@pytest.mark.parametrize("settings", [{}, {"validation_split": 0.5}])
def test_weights_that_the_last_update_breaks_are_no_result(tmp_path: Path, settings: Any) -> None:
    table = np.full((8, 3), 1e35, np.float32)
    table[:, -1] = 0.5
    np.save(tmp_path / "t.npy", table)
    steep = {"loss": "l1", "optimizer": "sgd", "learning_rate": 1e6, **settings}
    layers, batch_size = [{"type": "dense", "units": 1}], 4 if settings else 8
    spec = a_job(layers, f"file://{tmp_path}/t.npy", batch_size=batch_size, epochs=1, **steep)
    with pytest.raises(TrainingDiverged, match="the weights stopped being finite numbers with the last update, step 1"):
        list(train(prepare(spec, an_environment(tmp_path))))


def _first_bad_step(prepared: PreparedTraining) -> int:
    """Go single steps, so that the step is seen by the host."""
    while True:
        readings = prepared.run_chunk(1)
        if not np.isfinite(readings.epoch_loss):
            return readings.step


def test_a_generator_left_alone_can_be_followed_by_another(environment: TrainingEnvironment) -> None:
    spec = a_job(validation_split=0.2)
    whole, stopped = finished(spec, environment), prepare(spec, environment)
    for report in train(stopped, chunk_seconds=0.0):
        if report.step >= 4:
            break
    list(train(stopped))

    assert weight_bits(stopped) == weight_bits(whole)
    assert timeless(stopped.history) == timeless(whole.history)


def test_evaluation_yields_between_its_chunks(environment: TrainingEnvironment) -> None:
    spec = a_job(MLP, DIGITS, batch_size=16, epochs=1)
    prepared = prepare(spec, environment)
    prepared.program.evaluate_chunk.executable()
    reports = list(train(prepared, chunk_seconds=0.0))
    evaluations = [report for report in reports if report.kind is ChunkKind.EVALUATION]
    assert len(evaluations) == 23  # 359 test examples, one batch a chunk


def test_digits_reach_97_percent(environment: TrainingEnvironment) -> None:
    layers = (
        {"type": "conv2d", "filters": 32, "activation": "relu"},
        {"type": "max_pool2d"},
        {"type": "conv2d", "filters": 64, "activation": "relu"},
        {"type": "dense", "units": 10},
    )
    prepared = finished(a_job(layers, DIGITS, batch_size=64, epochs=20), environment)
    assert prepared.result().final_metrics["test_accuracy"] >= 0.97
