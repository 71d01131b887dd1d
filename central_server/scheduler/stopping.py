"""Asking a running attempt to stop, and remembering why, which decides what the job becomes afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from central_server.scheduler.bookkeeping import live_attempt_of, put_job
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.effects import Send
from central_server.scheduler.jobs import AttemptRecord, JobRecord, StopIntent
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, JobState, advance_attempt, advance_job
from shared.node_messages import ServerMessage, StopAttempt, StopMode

_STRENGTH = {None: 0, StopIntent.PAUSE: 1, StopIntent.TIMEOUT: 2, StopIntent.CANCEL: 3, StopIntent.DELETE: 4}


def is_stronger(intent: StopIntent | None, than: StopIntent | None) -> bool:
    """Tell whether `intent` takes the place of a wish that is under way already."""
    return _STRENGTH[intent] > _STRENGTH[than]


def stop_job(state: ClusterState, job: JobRecord, intent: StopIntent | None, reason: str) -> JobRecord:
    """Ask the job's attempt to stop and return the new record; `intent` None sends the job back to the queue.

    The lease goes on: only the node's word or the end of its lease ends the attempt.
    """
    stopping = replace(job, state=_stopping_job(job.state), stop_intent=intent, reason=reason)
    stopping = _with_stopping_attempt(stopping)
    put_job(state, stopping)
    repeat_stop(state, stopping)
    return stopping


def repeat_stop(state: ClusterState, job: JobRecord) -> None:
    """Tell the node again what it was told, or should have been: streams forget."""
    attempt = live_attempt_of(job)
    assert attempt is not None
    key = AttemptKey(job.job_id, attempt.number)
    send_to_node(state, attempt.node_id, StopAttempt(key, _mode_of(job.stop_intent), job.reason))


def send_to_node(state: ClusterState, node_id: str, message: ServerMessage) -> None:
    """Send to the node's open stream; a node that is away is told when it connects."""
    node = state.nodes.get(node_id)
    if node is not None and node.session_id:
        state.emit(Send(node.session_id, message))


def _mode_of(intent: StopIntent | None) -> StopMode:
    match intent:
        case None | StopIntent.PAUSE:
            return StopMode.CHECKPOINT
        case StopIntent.CANCEL | StopIntent.TIMEOUT | StopIntent.DELETE:
            return StopMode.CANCEL
        case _:
            assert_never(intent)


def _stopping_job(now: JobState) -> JobState:
    return now if now is JobState.STOPPING else advance_job(now, JobState.STOPPING)


def _with_stopping_attempt(job: JobRecord) -> JobRecord:
    attempt = job.attempts[-1]
    if attempt.state is AttemptState.STOPPING:
        return job
    stopping = replace(attempt, state=advance_attempt(attempt.state, AttemptState.STOPPING))
    return with_last_attempt(job, stopping)


def with_last_attempt(job: JobRecord, attempt: AttemptRecord) -> JobRecord:
    """Return `job` with its last attempt replaced."""
    return replace(job, attempts=(*job.attempts[:-1], attempt))
