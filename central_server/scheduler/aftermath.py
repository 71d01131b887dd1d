"""What becomes of a job when its attempt has ended: records in, a record out. The retry policy lives here.

Nothing here knows of nodes, queues or messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from central_server.scheduler.jobs import JobCheckpoint, JobError, JobRecord, JobResult, StopIntent
from shared.backoff import Backoff
from shared.errors import (
    AlreadyExists,
    BadData,
    InvalidField,
    MachineFailure,
    NotFound,
    NotSupported,
    TooLarge,
    TrainingDiverged,
    UserMistake,
    WrongState,
)
from shared.lifecycle import AttemptState, JobState, advance_attempt, advance_job, job_has_ended

FINAL_CODES = frozenset(
    mistake.code
    for mistake in (
        UserMistake,
        InvalidField,
        NotFound,
        AlreadyExists,
        WrongState,
        TooLarge,
        NotSupported,
        BadData,
        TrainingDiverged,
    )
)
"""Failures that would come again with the same job: they are not retried, whatever the budget."""

TIMEOUT_CODE = "timeout"
"""The job ran for as long as its spec allows."""


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """How an attempt ended, as the core counts it.

    Attributes:
        state: one of the ended states.
        reason: one sentence, empty when there is nothing to say.
        error: what went wrong; only with FAILED.
        result: what it left; only with SUCCEEDED.
        is_forgiven: it costs the job no retry.
        step: the step it had reached, None when nobody knows.
        checkpoint_step: where a checkpoint goes on; 0 when the node said of none.
        checkpoint_node_id: the node that may hold the newest checkpoint; empty leaves what was known.
        checkpoint: the newest one that the node uploaded before it spoke; None leaves what was known.
        rest_seconds: the job is not tried again sooner, whatever its retries say.
    """

    state: AttemptState
    reason: str = ""
    error: JobError | None = None
    result: JobResult | None = None
    is_forgiven: bool = False
    step: int | None = None
    checkpoint_step: int = 0
    epoch: int = 0
    steps_total: int = 0
    checkpoint_node_id: str = ""
    checkpoint: JobCheckpoint | None = None
    rest_seconds: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)


def job_after(job: JobRecord, end: AttemptEnd, now_ms: int, backoff: Backoff) -> JobRecord:
    """Return what `job` becomes when its current attempt ends as `end` says."""
    counted = _count(_with_ended_attempt(job, end, now_ms), end)
    match end.state:
        case AttemptState.SUCCEEDED:
            return _end(replace(counted, result=end.result), JobState.SUCCEEDED, "", now_ms)
        case AttemptState.FAILED:
            return _after_failure(counted, end, now_ms, backoff)
        case AttemptState.CANCELLED | AttemptState.PREEMPTED | AttemptState.LOST | AttemptState.DECLINED:
            return _after_stop(counted, end, now_ms, backoff)
        case AttemptState.OFFERED | AttemptState.STARTING | AttemptState.RUNNING | AttemptState.STOPPING:
            raise AssertionError(f"{end.state} is no end")
        case _:
            assert_never(end.state)


def _with_ended_attempt(job: JobRecord, end: AttemptEnd, now_ms: int) -> JobRecord:
    attempt = job.attempts[-1]
    ended = replace(attempt, state=advance_attempt(attempt.state, end.state), reason=end.reason, ended_at_ms=now_ms)
    return replace(job, attempts=(*job.attempts[:-1], ended))


def _count(job: JobRecord, end: AttemptEnd) -> JobRecord:
    """Add up retries and keep what is known of the progress."""
    was_asked_for = job.state is JobState.STOPPING
    is_loss = end.state in {AttemptState.CANCELLED, AttemptState.PREEMPTED, AttemptState.LOST} and not was_asked_for
    return replace(
        job,
        failures=job.failures + (end.state is AttemptState.FAILED and not end.is_forgiven),
        losses=job.losses + (is_loss or (end.state is AttemptState.FAILED and end.is_forgiven)),
        step=job.step if end.step is None else end.step,
        epoch=end.epoch or job.epoch,
        steps_total=end.steps_total or job.steps_total,
        checkpoint_node_id=end.checkpoint_node_id or job.checkpoint_node_id,
        checkpoint=end.checkpoint or job.checkpoint,
        last_metrics=end.metrics or job.last_metrics,
    )


def _after_failure(job: JobRecord, end: AttemptEnd, now_ms: int, backoff: Backoff) -> JobRecord:
    error = end.error or JobError(MachineFailure.code, end.reason)
    budget_is_spent = not end.is_forgiven and job.failures > job.spec.retry.max_failures
    if error.code in FINAL_CODES or budget_is_spent or _losses_are_spent(job):
        return _fail(job, error, now_ms)
    job = _back_to_checkpoint(job, end)
    if job.stop_intent is not None:
        return _after_wanted_stop(job, job.stop_intent, now_ms)
    wait_seconds = 0.0 if end.is_forgiven else backoff.wait_seconds(job.failures, 1.0)
    return _queue_again(job, f"attempt {job.attempts[-1].number} failed: {error.message}", now_ms, wait_seconds)


def _after_stop(job: JobRecord, end: AttemptEnd, now_ms: int, backoff: Backoff) -> JobRecord:
    if job.stop_intent is StopIntent.PAUSE:
        job = _back_to_checkpoint(job, end)
    if job.stop_intent is not None:
        return _after_wanted_stop(job, job.stop_intent, now_ms)
    if _losses_are_spent(job):
        return _fail(job, JobError(MachineFailure.code, _losses_sentence(job, end)), now_ms)
    is_repeated_loss = job.losses > 1 and job.state is JobState.RUNNING and end.state is not AttemptState.DECLINED
    wait_seconds = backoff.wait_seconds(job.losses - 1, 1.0) if is_repeated_loss else 0.0
    return _queue_again(_back_to_checkpoint(job, end), end.reason, now_ms, max(wait_seconds, end.rest_seconds))


def _back_to_checkpoint(job: JobRecord, end: AttemptEnd) -> JobRecord:
    """The job will go on from its checkpoint, so that is its step; a node that is gone has not told."""
    if end.step is None:
        return job
    uploaded_step = job.checkpoint.stored.step if job.checkpoint else 0
    return replace(job, step=max(end.checkpoint_step, uploaded_step))


def _losses_are_spent(job: JobRecord) -> bool:
    return job.losses > job.spec.retry.max_losses


def _losses_sentence(job: JobRecord, end: AttemptEnd) -> str:
    why = end.reason or f"attempt {job.attempts[-1].number} was {end.state}"
    return f"it was lost {job.losses} times and retry.max_losses is {job.spec.retry.max_losses}; the last time: {why}"


def _after_wanted_stop(job: JobRecord, intent: StopIntent, now_ms: int) -> JobRecord:
    match intent:
        case StopIntent.CANCEL | StopIntent.DELETE:
            return _end(job, JobState.CANCELLED, job.reason, now_ms)
        case StopIntent.TIMEOUT:
            return _fail(job, JobError(TIMEOUT_CODE, job.reason), now_ms)
        case StopIntent.PAUSE:
            paused = advance_job(job.state, JobState.PAUSED)
            return replace(job, state=paused, stop_intent=None, reason="paused by its user")
        case _:
            assert_never(intent)


def _fail(job: JobRecord, error: JobError, now_ms: int) -> JobRecord:
    return _end(replace(job, error=error), JobState.FAILED, error.message, now_ms)


def _end(job: JobRecord, ended: JobState, reason: str, now_ms: int) -> JobRecord:
    assert job_has_ended(ended)
    return replace(
        job,
        state=advance_job(job.state, ended),
        reason=reason,
        ended_at_ms=now_ms,
        wait_until_ms=0,
        checkpoint=None,
    )


def _queue_again(job: JobRecord, reason: str, now_ms: int, wait_seconds: float) -> JobRecord:
    return replace(
        job,
        state=advance_job(job.state, JobState.QUEUED),
        stop_intent=None,
        reason=reason,
        wait_until_ms=now_ms + round(wait_seconds * 1000) if wait_seconds > 0 else 0,
    )
