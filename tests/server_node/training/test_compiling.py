"""What compiles and what does not: hyperparameters are data, structure is code."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import jax.monitoring
import pytest
from jax.errors import JaxRuntimeError

from server_node.training import prepare as prepare_module
from server_node.training import program as program_module
from server_node.training.api import TrainingEnvironment, TrainingStopped, prepare, train
from server_node.training.program import _own_bytes, compile_program
from server_node.training.reports import ChunkKind
from shared.errors import OutOfMemory
from tests.server_node.training.builders import (
    CNN,
    MLP,
    SMALL,
    a_job,
    an_environment,
    finished,
    run_to_step,
    weight_bits,
)

DIGITS = "builtin://digits"


@contextmanager
def counted_compiles() -> Iterator[list[str]]:
    """Every tracing, lowering and compiling that JAX reports."""
    seen: list[str] = []

    def listen(event: str, duration_secs: float, **_: str | int) -> None:
        if "/compile/" in event or "jaxpr_trace" in event or "backend_compile" in event:
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield seen
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


BASE: dict[str, Any] = {"optimizer": "adam", "schedule": "cosine"}


@pytest.fixture(scope="module")
def warm() -> TrainingEnvironment:
    """An environment in which the base job has run, validation included."""
    environment = an_environment()
    finished(a_job(**BASE), environment)
    return environment


def test_the_counter_sees_a_compile() -> None:
    with counted_compiles() as seen:
        finished(a_job(), an_environment())
    assert seen


def test_a_last_batch_that_is_not_full_compiles_nothing_of_its_own() -> None:
    prepared = prepare(a_job(epochs=1), an_environment())
    run_to_step(prepared, prepared.steps_per_epoch - 1, chunk_seconds=0.0)
    assert prepared.setup.samples_after(7) - prepared.setup.samples_after(6) == 4
    with counted_compiles() as seen:
        list(train(prepared, chunk_seconds=0.0))
    assert prepared.step == prepared.steps_per_epoch == 7
    assert seen == []


@pytest.mark.parametrize(
    "changed",
    [
        {"learning_rate": 0.01},
        {"weight_decay": 0.1},
        {"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-6},
        {"warmup_steps": 3, "decay_steps": 5, "end_learning_rate": 1e-5},
        {"label_smoothing": 0.1},
        {"seed": 123456789012},
        {"metric_interval_steps": 4},
        {"validation_split": 0.3},
        {"momentum": 0.5},
    ],
    ids=str,
)
def test_changing_a_number_neither_traces_nor_compiles(warm: TrainingEnvironment, changed: dict[str, Any]) -> None:
    before = finished(a_job(**BASE), warm)
    with counted_compiles() as seen:
        after = finished(a_job(**{**BASE, **changed}), warm)

    assert seen == []
    if not changed.keys() & {"metric_interval_steps", "momentum"}:
        assert weight_bits(before) != weight_bits(after)


@pytest.mark.slow
def test_changing_dropout_or_epochs_compiles_nothing(environment: TrainingEnvironment) -> None:
    layers = [dict(layer) for layer in CNN]
    finished(a_job(layers, DIGITS, batch_size=256, epochs=1), environment)
    layers[3]["rate"] = 0.5
    with counted_compiles() as seen:
        finished(a_job(layers, DIGITS, batch_size=256, epochs=2), environment)
    assert seen == []


def test_names_are_no_structure(warm: TrainingEnvironment) -> None:
    with counted_compiles() as seen:
        finished(a_job([{**layer, "name": f"mine_{number}"} for number, layer in enumerate(MLP)], **BASE), warm)
    assert seen == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed", [{"optimizer": "sgd"}, {"gradient_clip_norm": 1.0}, {"schedule": "linear"}], ids=str
)
def test_changing_structure_compiles(warm: TrainingEnvironment, changed: dict[str, Any]) -> None:
    known = len(warm.programs)
    prepare(a_job(**{**BASE, **changed}), warm)
    assert len(warm.programs) == known + 1


def test_two_jobs_of_one_key_compile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def counting(structure: Any, device: Any) -> Any:
        compiled.append(structure.key(str(device)))
        return compile_program(structure, device)

    monkeypatch.setattr(prepare_module, "compile_program", counting)
    environment = an_environment()
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda seed: finished(a_job(seed=seed), environment), range(4)))

    assert len(compiled) == 1
    assert weight_bits(done[0]) == weight_bits(finished(a_job(seed=0), environment))


def test_preparing_obeys_a_stop() -> None:
    with pytest.raises(TrainingStopped):
        prepare(a_job(), an_environment(), should_stop=lambda: True)


def test_a_program_seen_before_traces_and_compiles_nothing_up_to_its_first_step(
    environment: TrainingEnvironment,
) -> None:
    finished(a_job(MLP, DIGITS, batch_size=64), environment)
    with counted_compiles() as seen:
        next(train(prepare(a_job(MLP, DIGITS, batch_size=64, seed=7), environment)))
    assert seen == []


def test_a_dataset_is_loaded_once(warm: TrainingEnvironment) -> None:
    first, second = prepare(a_job(**BASE), warm), prepare(a_job(**{**BASE, "seed": 2}), warm)
    assert first._parts.dataset is second._parts.dataset
    assert SMALL in first._parts.dataset.form.name
    assert len(warm.datasets) == 1


@pytest.mark.slow
def test_the_first_step_does_not_wait_for_the_evaluation_to_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    may_lower, lower = Event(), program_module._lower_evaluate

    def lower_when_allowed(*arguments: Any) -> Any:
        assert may_lower.wait(timeout=20)
        return lower(*arguments)

    monkeypatch.setattr(program_module, "_lower_evaluate", lower_when_allowed)
    reports = train(prepare(a_job(validation_split=0.2, epochs=1), an_environment()))
    trained = next(report for report in reports if report.step == report.steps_total)
    waiting = next(reports)
    may_lower.set()
    *_, last = reports

    assert trained.history_row is None
    assert (waiting.kind, waiting.metrics) == (ChunkKind.EVALUATION, None)
    assert last.history_row is not None
    assert "val_loss" in last.history_row.values


@pytest.mark.slow
def test_an_evaluation_that_cannot_be_compiled_fails_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise JaxRuntimeError("RESOURCE_EXHAUSTED: no memory to compile in")

    monkeypatch.setattr(program_module, "_lower_evaluate", fail)
    assert finished(a_job(), an_environment()).is_done
    with pytest.raises(OutOfMemory):
        finished(a_job(validation_split=0.2), an_environment())


@pytest.mark.slow
@pytest.mark.parametrize("layers", [MLP, CNN], ids=["mlp", "cnn"])
def test_evaluating_takes_no_more_memory_than_training(
    environment: TrainingEnvironment, layers: Sequence[dict[str, Any]]
) -> None:
    program = prepare(a_job(layers, DIGITS, batch_size=256), environment).program
    assert _own_bytes(program.evaluate_chunk.executable()) <= program.program_bytes
