"""Interrupted anywhere and resumed, a training ends with the same bits."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_node.training.api import (
    TrainingEnvironment,
    load_checkpoint,
    prepare,
    save_checkpoint,
    train,
)
from server_node.training.checkpoints.load import UnusableCheckpoint
from shared.job_spec import JobSpec
from tests.server_node.training.builders import CNN, a_job, finished, run_to_step, timeless, weight_bits

DIGITS = "builtin://digits"
JOBS = {
    "mlp": a_job(optimizer="momentum", schedule="cosine", metric_interval_steps=4, validation_split=0.2),
    "cnn": a_job(CNN, DIGITS, batch_size=256, epochs=3, metric_interval_steps=4, validation_split=0.1),
}


@pytest.mark.parametrize("name", JOBS)
@settings(max_examples=8, deadline=None)
@given(reports=st.lists(st.integers(1, 12), min_size=1, max_size=3))
def test_interrupted_anywhere_ends_as_if_never_interrupted(
    environment: TrainingEnvironment, tmp_path_factory: pytest.TempPathFactory, name: str, reports: list[int]
) -> None:
    spec, path = JOBS[name], tmp_path_factory.mktemp("resume") / "checkpoint.safetensors"
    whole = finished(spec, environment)
    resumed = prepare(spec, environment)
    for wanted in reports:
        for _, _report in zip(range(wanted), train(resumed, chunk_seconds=0.0), strict=False):
            pass
        save_checkpoint(resumed.snapshot(), path)
        resumed = prepare(spec, environment, checkpoints=[path])
        assert resumed.resume_note is None
    list(train(resumed))

    assert weight_bits(resumed) == weight_bits(whole)
    assert timeless(resumed.history) == timeless(whole.history)
    assert resumed.elapsed_seconds > 0


def test_a_snapshot_stays_what_it_was_while_training_goes_on(environment: TrainingEnvironment, tmp_path: Path) -> None:
    spec = JOBS["mlp"]
    early, whole = prepare(spec, environment), finished(spec, environment)
    run_to_step(early, 3, chunk_seconds=0.0)
    snapshot = early.snapshot()
    list(train(early))
    save_checkpoint(snapshot, tmp_path / "c")

    resumed = prepare(spec, environment, checkpoints=[tmp_path / "c"])
    assert resumed.start_step == snapshot.step == 3
    list(train(resumed))
    assert weight_bits(resumed) == weight_bits(whole)


def test_elapsed_time_and_samples_go_on(environment: TrainingEnvironment, tmp_path: Path) -> None:
    prepared = prepare(JOBS["mlp"], environment)
    run_to_step(prepared, 4, chunk_seconds=0.0)
    save_checkpoint(prepared.snapshot(), tmp_path / "c")
    saved = load_checkpoint(tmp_path / "c")

    assert saved.samples_processed == 64
    assert saved.elapsed_seconds == prepared.elapsed_seconds
    resumed = prepare(JOBS["mlp"], environment, checkpoints=[tmp_path / "c"])
    assert next(train(resumed)).elapsed_seconds > saved.elapsed_seconds


def test_a_checkpoint_of_another_kind_of_device_is_said_aloud(environment: TrainingEnvironment, tmp_path: Path) -> None:
    prepared = prepare(JOBS["mlp"], environment)
    run_to_step(prepared, 2)
    snapshot = prepared.snapshot()
    save_checkpoint(replace(snapshot, fingerprint={**snapshot.fingerprint, "threads": "99"}), tmp_path / "c")

    resumed = prepare(JOBS["mlp"], environment, checkpoints=[tmp_path / "c"])
    assert resumed.start_step == snapshot.step
    assert resumed.resume_note is not None
    assert "threads '99'" in resumed.resume_note


def test_a_flipped_byte_in_the_newest_checkpoint_costs_only_the_steps_since_the_one_before(
    environment: TrainingEnvironment, tmp_path: Path
) -> None:
    whole, cut = finished(JOBS["mlp"], environment), prepare(JOBS["mlp"], environment)
    older, newest = tmp_path / "older", tmp_path / "newest"
    run_to_step(cut, 3, chunk_seconds=0.0)
    save_checkpoint(cut.snapshot(), older)
    run_to_step(cut, 6, chunk_seconds=0.0)
    save_checkpoint(cut.snapshot(), newest)
    assert prepare(JOBS["mlp"], environment, checkpoints=[newest, older]).start_step == 6
    content = bytearray(newest.read_bytes())
    content[-3] ^= 1
    newest.write_bytes(content)

    resumed = prepare(JOBS["mlp"], environment, checkpoints=[newest, older])
    assert resumed.start_step == 3
    assert "resumed from an older checkpoint, because newest cannot be read" in str(resumed.resume_note)
    list(train(resumed))
    assert weight_bits(resumed) == weight_bits(whole)
    assert timeless(resumed.history) == timeless(whole.history)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff" * 64])
def test_a_damaged_checkpoint_means_starting_over(
    environment: TrainingEnvironment, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "c"
    path.write_bytes(content)
    resumed = prepare(JOBS["mlp"], environment, checkpoints=[path])

    assert resumed.start_step == 0
    assert resumed.resume_note is not None
    assert "starts from the beginning" in resumed.resume_note
    with pytest.raises(UnusableCheckpoint):
        load_checkpoint(path)


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_checkpoint_cut_short_means_starting_over(
    environment: TrainingEnvironment, tmp_path: Path, cut: float
) -> None:
    prepared = prepare(JOBS["mlp"], environment)
    run_to_step(prepared, 2)
    save_checkpoint(prepared.snapshot(), tmp_path / "c")
    content = (tmp_path / "c").read_bytes()
    (tmp_path / "c").write_bytes(content[: int(len(content) * cut)])

    assert prepare(JOBS["mlp"], environment, checkpoints=[tmp_path / "c"]).start_step == 0


def test_a_checkpoint_of_another_model_means_starting_over(environment: TrainingEnvironment, tmp_path: Path) -> None:
    other: JobSpec = a_job([{"type": "dense", "units": 3}])
    prepared = prepare(other, environment)
    run_to_step(prepared, 2)
    save_checkpoint(prepared.snapshot(), tmp_path / "c")

    resumed = prepare(JOBS["mlp"], environment, checkpoints=[tmp_path / "c"])
    assert resumed.start_step == 0
    assert "another structure" in str(resumed.resume_note)
