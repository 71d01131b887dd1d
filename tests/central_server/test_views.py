"""What people see of a job between what is stored and what its node last said."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from central_server.ports import Store
from central_server.read_model import ReadModel, SeenJob
from central_server.scheduler.jobs import JobRecord, JobResult
from central_server.telemetry_records import Progress
from central_server.views import JobView, view_job
from central_server.watchers import Watchers
from shared.lifecycle import AttemptState, JobState
from tests.builders import a_job, a_spec, an_attempt


def _seen(record: JobRecord, progress: Progress | None) -> JobView:
    return view_job(SeenJob(record, progress), ReadModel(cast("Store", None), Watchers(started_at_ms=1)))


def test_an_attempt_that_resumes_is_shown_at_its_checkpoint_before_its_first_word() -> None:
    lost = replace(an_attempt(1), state=AttemptState.LOST)
    starting = replace(an_attempt(2), state=AttemptState.STARTING, resumed_from_step=150)
    view = _seen(
        a_job(state=JobState.RUNNING, attempts=(lost, starting)), Progress(attempt=1, step=180, steps_total=300)
    )
    assert (view.step, view.steps_total, view.progress) == (150, 300, 0.5)


def test_the_epoch_of_an_attempt_that_resumes_follows_from_its_step() -> None:
    lost = replace(an_attempt(1), state=AttemptState.LOST)
    starting = replace(an_attempt(2), state=AttemptState.STARTING, resumed_from_step=151)
    job = a_job(spec=a_spec(epochs=6), state=JobState.RUNNING, attempts=(lost, starting), steps_total=300)
    assert _seen(job, None).epoch == 4


def test_a_paused_job_is_shown_at_its_checkpoint_and_not_where_its_node_last_spoke() -> None:
    preempted = replace(an_attempt(1), state=AttemptState.PREEMPTED)
    job = a_job(state=JobState.PAUSED, attempts=(preempted,), step=200, steps_total=300)
    assert _seen(job, Progress(attempt=1, step=180, steps_total=300)).step == 200


def test_a_job_over_before_its_speed_was_told_has_its_mean_speed() -> None:
    job = a_job(state=JobState.CANCELLED, last_metrics={"samples_processed": 500.0, "elapsed_ms": 250.0})
    assert _seen(job, None).metrics["samples_per_second"] == 2000.0


def test_a_job_that_keeps_an_earlier_epoch_has_the_counts_of_its_whole_run() -> None:
    kept = JobResult((), {"loss": 0.5, "best_epoch": 17.0, "samples_processed": 1700.0, "elapsed_ms": 17.0}, 1.0)
    ended = replace(an_attempt(1), state=AttemptState.SUCCEEDED)
    job = a_job(state=JobState.SUCCEEDED, attempts=(ended,), last_metrics=kept.final_metrics, result=kept)
    metrics = _seen(job, Progress(1, samples_processed=2000, elapsed_ms=20, metrics={"loss": 0.9})).metrics
    assert (metrics["loss"], metrics["samples_processed"], metrics["elapsed_ms"]) == (0.5, 2000.0, 20.0)
    assert metrics["kept_epoch"] == 17.0
    assert "kept_epoch" not in _seen(job, None).metrics
