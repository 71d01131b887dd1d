"""What happens when a deadline comes. Only a Tick looks at them, so a word that arrived before it counts."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from central_server.scheduler.aftermath import TIMEOUT_CODE, AttemptEnd
from central_server.scheduler.attempt_ends import end_attempt, stop_avoiding
from central_server.scheduler.bookkeeping import put_job
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import (
    AvoidanceEnds,
    Deadline,
    DrainEnds,
    LeaseEnds,
    PatienceEnds,
    PlanExpires,
    RetryDue,
    RunTimesOut,
    WaitTimesOut,
)
from central_server.scheduler.demands import run_seconds_allowed, wait_seconds_allowed
from central_server.scheduler.draining import on_drain_ended
from central_server.scheduler.jobs import JobError, StopIntent
from central_server.scheduler.keeping import on_patience_ended
from central_server.scheduler.node_departures import close_session
from central_server.scheduler.plan_requests import on_plan_expired
from central_server.scheduler.stopping import stop_job
from central_server.scheduler.waiting_reason import waiting_reason
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, JobState, advance_job

SILENT_CODE = "silent"
"""The stream's node has let a whole lease go by without a word."""


def on_tick(state: ClusterState) -> None:
    """Do what is due."""
    for deadline in state.deadlines.pop_due(state.now.seconds):
        _act(state, deadline)


def _act(state: ClusterState, deadline: Deadline) -> None:
    match deadline:
        case LeaseEnds(key):
            _lose(state, key)
        case RunTimesOut(job_id):
            _time_out(state, job_id)
        case RetryDue(job_id):
            put_job(state, replace(state.jobs[job_id], wait_until_ms=0))
        case AvoidanceEnds(job_id, node_id):
            stop_avoiding(state, job_id, node_id)
        case PlanExpires(request_id):
            on_plan_expired(state, request_id)
        case WaitTimesOut(job_id):
            _wait_no_longer(state, job_id)
        case DrainEnds(node_id):
            on_drain_ended(state, node_id)
        case PatienceEnds():
            on_patience_ended(state)
        case _:
            assert_never(deadline)


def _lose(state: ClusterState, key: AttemptKey) -> None:
    job = state.jobs[key.job_id]
    attempt = job.attempts[-1]
    node = state.nodes.get(attempt.node_id)
    name = node.name if node is not None else attempt.node_id
    settings = state.settings
    silence_seconds = settings.lease_seconds + settings.lease_grace_seconds
    if node is not None and node.session_id and state.now.seconds - node.last_seen_seconds >= silence_seconds:
        # The stream looks open, but nobody may be at its other end: what is offered there would be lost again.
        close_session(state, node, SILENT_CODE, f"node {name} was not heard from for {silence_seconds:g} s")
    reason = f"{name} did not speak of this attempt for {silence_seconds:g} s"
    may_have_saved = attempt.node_id if attempt.started_at_ms else ""
    end_attempt(state, job, AttemptEnd(AttemptState.LOST, reason, checkpoint_node_id=may_have_saved))


def _time_out(state: ClusterState, job_id: str) -> None:
    job = state.jobs[job_id]
    allowed = run_seconds_allowed(job.spec)
    reason = f"it ran for {allowed:g} s, which is all that timeout_seconds allows"
    stop_job(state, job, StopIntent.TIMEOUT, reason)


def _wait_no_longer(state: ClusterState, job_id: str) -> None:
    job = state.jobs[job_id]
    allowed = wait_seconds_allowed(job.spec)
    why = waiting_reason(state, job_id)
    reason = f"it waited for {allowed:g} s, which is all that wait_timeout_seconds allows: {why}"
    failed = replace(
        job,
        state=advance_job(job.state, JobState.FAILED),
        reason=reason,
        error=JobError(TIMEOUT_CODE, reason),
        ended_at_ms=state.now.unix_ms,
        wait_until_ms=0,
    )
    put_job(state, failed)
