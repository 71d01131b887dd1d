"""What happens when a deadline comes. Only a Tick looks at them, so a word that arrived before it counts."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from central_server.scheduler.aftermath import AttemptEnd
from central_server.scheduler.attempt_ends import end_attempt, stop_avoiding
from central_server.scheduler.bookkeeping import put_job
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import AvoidanceEnds, Deadline, LeaseEnds, PlanExpires, RetryDue, RunTimesOut
from central_server.scheduler.demands import run_seconds_allowed
from central_server.scheduler.jobs import StopIntent
from central_server.scheduler.plan_requests import on_plan_expired
from central_server.scheduler.stopping import stop_job
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState


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
        case _:
            assert_never(deadline)


def _lose(state: ClusterState, key: AttemptKey) -> None:
    job = state.jobs[key.job_id]
    attempt = job.attempts[-1]
    node = state.nodes.get(attempt.node_id)
    name = node.name if node is not None else attempt.node_id
    settings = state.settings
    silence_seconds = settings.lease_seconds + settings.lease_grace_seconds
    reason = f"{name} did not speak of this attempt for {silence_seconds:g} s"
    may_have_saved = attempt.node_id if attempt.started_at_ms else ""
    end_attempt(state, job, AttemptEnd(AttemptState.LOST, reason, checkpoint_node_id=may_have_saved))


def _time_out(state: ClusterState, job_id: str) -> None:
    job = state.jobs[job_id]
    allowed = run_seconds_allowed(job.spec)
    reason = f"it ran for {allowed:g} s, which is all that timeout_seconds allows"
    stop_job(state, job, StopIntent.TIMEOUT, reason)
