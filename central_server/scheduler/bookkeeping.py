"""The one place where a record is replaced, and every index follows it.

Queue, ledger and deadlines are functions of the records: whoever changes a job calls `put_job` and cannot forget one of
them. It decides nothing about what the record should be.
"""

from __future__ import annotations

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import LeaseEnds, RetryDue, RunTimesOut
from central_server.scheduler.demands import device_kind_of, has_user_code, priority_rank_of, run_seconds_allowed
from central_server.scheduler.effects import NodeSeen, RemoveJob, SaveJob, SaveNode
from central_server.scheduler.jobs import AttemptRecord, JobRecord, StopIntent
from central_server.scheduler.needs import Need
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.promises import Promise
from central_server.scheduler.queue import Rank
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, JobState, attempt_has_ended, job_has_ended


def live_attempt_of(job: JobRecord) -> AttemptRecord | None:
    """Return the attempt that holds devices, None when there is none."""
    attempt = job.current_attempt
    return None if attempt is None or attempt_has_ended(attempt.state) else attempt


def put_job(state: ClusterState, job: JobRecord) -> None:
    """Save `job` in place of what was there; an ended one leaves the core."""
    state.emit(SaveJob(job))
    index_job(state, job)
    if not job_has_ended(job.state):
        return
    _forget(state, job.job_id)
    if job.stop_intent is StopIntent.DELETE:
        state.emit(RemoveJob(job.job_id))
    else:
        state.recently_ended.put(job)


def remove_ended_job(state: ClusterState, job_id: str) -> None:
    """Take a job that is not live out of the store."""
    assert job_id not in state.jobs
    state.recently_ended.remove(job_id)
    state.emit(RemoveJob(job_id))


def put_node(state: ClusterState, node: NodeRecord) -> None:
    """Save `node` in place of what was there, and show it."""
    state.nodes[node.node_id] = node
    state.emit(SaveNode(node))
    state.emit(NodeSeen(node))


def show_node(state: ClusterState, node: NodeRecord) -> None:
    """Replace what only the read model needs of `node`; nothing is stored."""
    state.nodes[node.node_id] = node
    state.emit(NodeSeen(node))


def index_job(state: ClusterState, job: JobRecord) -> None:
    """Make queue, ledger and deadlines say what `job` says."""
    state.jobs[job.job_id] = job
    _index_retry(state, job)
    _index_queue(state, job)
    _index_attempt(state, job)
    _index_run_limit(state, job)


def _index_retry(state: ClusterState, job: JobRecord) -> None:
    wait_seconds = (job.wait_until_ms - state.now.unix_ms) / 1000
    if job.state is JobState.QUEUED and job.wait_until_ms:
        longest = max(state.settings.retry_backoff.cap_seconds, state.settings.warm_up_seconds)
        bounded = min(max(wait_seconds, 0.0), longest)
        state.deadlines.set(RetryDue(job.job_id), state.now.seconds + bounded)
    else:
        state.deadlines.cancel(RetryDue(job.job_id))


def _index_queue(state: ClusterState, job: JobRecord) -> None:
    if job.state is JobState.QUEUED and not job.wait_until_ms:
        rank = Rank(-priority_rank_of(job.spec), job.sequence)
        state.queue.put(job.job_id, rank, need_of(state, job))
    else:
        state.queue.remove(job.job_id)


def need_of(state: ClusterState, job: JobRecord) -> Need:
    """Return what the job's next attempt asks of a place."""
    return Need(
        device_kind=device_kind_of(job.spec),
        memory_bytes=state.accounts.bytes_of(job),
        avoided=state.avoidances.of_job(job.job_id),
        runs_user_code=has_user_code(job.spec),
    )


def _index_attempt(state: ClusterState, job: JobRecord) -> None:
    attempt = job.current_attempt
    if attempt is None:
        return
    key = AttemptKey(job.job_id, attempt.number)
    if attempt_has_ended(attempt.state):
        state.deadlines.cancel(LeaseEnds(key))
        has_changed = state.promises.remove(attempt.node_id, key)
    else:
        _lease_once(state, key)
        has_changed = state.promises.put(attempt.node_id, key, _promise_of(attempt))
    if has_changed and attempt.node_id in state.nodes:
        state.emit(NodeSeen(state.nodes[attempt.node_id]))


def _lease_once(state: ClusterState, key: AttemptKey) -> None:
    if LeaseEnds(key) not in state.deadlines:
        renew_lease(state, key)


def renew_lease(state: ClusterState, key: AttemptKey) -> None:
    """Let the attempt's lease run anew from now."""
    settings = state.settings
    until = state.now.seconds + settings.lease_seconds + settings.lease_grace_seconds
    state.deadlines.set(LeaseEnds(key), until)


def _promise_of(attempt: AttemptRecord) -> Promise:
    return Promise(attempt.device_ids, attempt.memory_bytes, attempt.state is AttemptState.STOPPING)


def _index_run_limit(state: ClusterState, job: JobRecord) -> None:
    allowed = run_seconds_allowed(job.spec)
    if allowed is None or job.state is not JobState.RUNNING:
        state.deadlines.cancel(RunTimesOut(job.job_id))
    elif RunTimesOut(job.job_id) not in state.deadlines:
        left = max(0.0, allowed - run_seconds_of(job, state.now.unix_ms))
        state.deadlines.set(RunTimesOut(job.job_id), state.now.seconds + left)


def run_seconds_of(job: JobRecord, now_ms: int) -> float:
    """Return how long all attempts together have held devices; waiting and pauses do not count."""
    spans = ((attempt.ended_at_ms or now_ms) - attempt.offered_at_ms for attempt in job.attempts)
    return sum(max(0, span) for span in spans) / 1000


def _forget(state: ClusterState, job_id: str) -> None:
    state.jobs.pop(job_id, None)
    state.avoidances.forget_job(job_id)
    state.accounts.forget(job_id)
