"""The one place where a record is replaced, and every index follows it.

Queue, ledger and deadlines are functions of the records: whoever changes a job calls `put_job` and cannot forget one of
them. It decides nothing about what the record should be.
"""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import LeaseEnds, RetryDue, RunTimesOut, WaitTimesOut
from central_server.scheduler.demands import (
    device_kind_of,
    has_user_code,
    is_replica,
    is_whole_device_wanted,
    priority_rank_of,
    run_seconds_allowed,
    wait_seconds_allowed,
)
from central_server.scheduler.effects import NodeSeen, RemoveJob, SaveJob, SaveNode, SaveUse
from central_server.scheduler.jobs import AttemptRecord, JobRecord, StopIntent
from central_server.scheduler.needs import Need
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.promises import Promise
from central_server.scheduler.queue import Claimant
from central_server.scheduler.quotas import Quota
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
    state.ended_now.append(job)
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
    _replace_node(state, node)
    state.emit(SaveNode(node))
    state.emit(NodeSeen(node))


def show_node(state: ClusterState, node: NodeRecord) -> None:
    """Replace what only the read model needs of `node`; nothing is stored."""
    _replace_node(state, node)
    state.emit(NodeSeen(node))


def _replace_node(state: ClusterState, node: NodeRecord) -> None:
    before = state.nodes.get(node.node_id)
    state.nodes[node.node_id] = node
    if before is None or _as_placement_sees(before) != _as_placement_sees(node):
        state.news.node_has_changed(node.node_id)


def _as_placement_sees(node: NodeRecord) -> tuple[object, ...]:
    description = replace(node.description, ram_available_bytes=0)
    return (node.session_id, node.is_draining, node.name, description)


def index_job(state: ClusterState, job: JobRecord, since_seconds: float | None = None) -> None:
    """Make queue, ledger, counts and deadlines say what `job` says.

    Args:
        state: the cluster.
        job: the record as it now is.
        since_seconds: since when the job has been waiting, when that is not now.
    """
    before = state.jobs.get(job.job_id)
    state.jobs[job.job_id] = job
    state.tallies.put(job.job_id, job.spec.user_id, job.state)
    state.dependents.put(job.job_id, job.waits_for)
    _index_retry(state, job, before)
    _index_queue(state, job, state.now.seconds if since_seconds is None else since_seconds)
    _index_attempt(state, job)
    _index_run_limit(state, job)
    _index_wait_limit(state, job)


def _index_retry(state: ClusterState, job: JobRecord, before: JobRecord | None) -> None:
    """Set the deadline once for each wait: the wall clock, which the record has, may be moved while it lasts."""
    wait_seconds = (job.wait_until_ms - state.now.unix_ms) / 1000
    if job.state is JobState.QUEUED and job.wait_until_ms:
        is_set = before is not None and before.wait_until_ms == job.wait_until_ms
        if is_set and RetryDue(job.job_id) in state.deadlines:
            return
        longest = max(state.settings.retry_backoff.cap_seconds, state.settings.warm_up_seconds)
        bounded = min(max(wait_seconds, 0.0), longest)
        state.deadlines.set(RetryDue(job.job_id), state.now.seconds + bounded)
    elif before is not None and before.wait_until_ms:
        state.deadlines.cancel(RetryDue(job.job_id))


def _index_queue(state: ClusterState, job: JobRecord, since_seconds: float) -> None:
    standing = state.queue.standing(job.job_id) if job.job_id in state.queue else None
    before = standing.need if standing else None
    if job.state is JobState.QUEUED and not job.wait_until_ms and not job.waits_for:
        claimant = Claimant(job.spec.user_id, priority_rank_of(job.spec))
        need = need_of(state, job)
        state.queue.put(job.job_id, job.sequence, claimant, need, since_seconds)
        state.turns.changed.add(claimant)
        state.news.has_joined(need)
    elif standing is not None:
        state.queue.remove(job.job_id)
        state.turns.changed.add(standing.claimant)
        if state.reservations.of_job(job.job_id) is not None:
            state.news.is_due = True
    if before is not None and not state.queue.has_waiting(before):
        state.news.is_gone(before)


def need_of(state: ClusterState, job: JobRecord) -> Need:
    """Return what the job's next attempt asks of a place."""
    return Need(
        device_kind=device_kind_of(job.spec),
        memory_bytes=state.accounts.bytes_of(job),
        avoided=state.avoidances.of_job(job.job_id),
        runs_user_code=has_user_code(job.spec),
        is_whole=is_whole_device_wanted(job.spec),
        is_replica=is_replica(job.spec),
    )


def _index_attempt(state: ClusterState, job: JobRecord) -> None:
    attempt = job.current_attempt
    if attempt is None:
        return
    key = AttemptKey(job.job_id, attempt.number)
    if attempt_has_ended(attempt.state):
        has_changed = _let_go(state, job, attempt, key)
    else:
        has_changed = _hold(state, job, attempt, key)
    if has_changed and attempt.node_id in state.nodes:
        state.news.nodes.add(attempt.node_id)
        state.emit(NodeSeen(state.nodes[attempt.node_id]))


def _hold(state: ClusterState, job: JobRecord, attempt: AttemptRecord, key: AttemptKey) -> bool:
    _lease_once(state, key)
    state.fair_share.hold(job.spec.user_id, key, len(attempt.device_ids), state.now.seconds)
    state.turns.changed.update(state.queue.claimants_of(job.spec.user_id))
    if attempt.state is AttemptState.STOPPING:
        state.running.remove(priority_rank_of(job.spec), key)
    else:
        state.running.put(priority_rank_of(job.spec), key, attempt.node_id)
    return state.promises.put(attempt.node_id, key, _promise_of(job, attempt))


def _let_go(state: ClusterState, job: JobRecord, attempt: AttemptRecord, key: AttemptKey) -> bool:
    state.deadlines.cancel(LeaseEnds(key))
    state.running.remove(priority_rank_of(job.spec), key)
    if state.fair_share.release(job.spec.user_id, key, state.now.seconds):
        used = state.fair_share.used_seconds(job.spec.user_id, state.now.seconds)
        state.emit(SaveUse(job.spec.user_id, used))
        state.turns.changed.update(state.queue.claimants_of(job.spec.user_id))
        _let_the_user_compete(state, job.spec.user_id)
    return state.promises.remove(attempt.node_id, key)


def _let_the_user_compete(state: ClusterState, user_id: str) -> None:
    """A user who was at a quota may start something, though no place has become free for it."""
    if state.settings.quotas.of(user_id) != Quota() and state.queue.claimants_of(user_id):
        state.news.is_due = True


def _lease_once(state: ClusterState, key: AttemptKey) -> None:
    if LeaseEnds(key) not in state.deadlines:
        renew_lease(state, key)


def renew_lease(state: ClusterState, key: AttemptKey) -> None:
    """Let the attempt's lease run anew from now."""
    settings = state.settings
    until = state.now.seconds + settings.lease_seconds + settings.lease_grace_seconds
    state.deadlines.set(LeaseEnds(key), until)


def _promise_of(job: JobRecord, attempt: AttemptRecord) -> Promise:
    is_stopping = attempt.state is AttemptState.STOPPING
    return Promise(attempt.device_ids, attempt.memory_bytes, is_stopping, is_whole_device_wanted(job.spec))


def _index_run_limit(state: ClusterState, job: JobRecord) -> None:
    """What an attempt leaves of the allowed time is what the next one has."""
    allowed = run_seconds_allowed(job.spec)
    if allowed is None:
        return
    limit = RunTimesOut(job.job_id)
    due_seconds = state.deadlines.due_seconds(limit)
    if job.state is not JobState.RUNNING:
        if due_seconds is not None:
            state.run_seconds_left[job.job_id] = max(0.0, due_seconds - state.now.seconds)
            state.deadlines.cancel(limit)
    elif due_seconds is None:
        left = state.run_seconds_left.get(job.job_id)
        if left is None:
            left = max(0.0, allowed - _run_seconds_by_its_record(job, state.now.unix_ms))
        state.deadlines.set(limit, state.now.seconds + left)


def _index_wait_limit(state: ClusterState, job: JobRecord) -> None:
    """A pause takes nothing from the time that a job may wait for, and gives nothing to it."""
    allowed = wait_seconds_allowed(job.spec)
    if allowed is None:
        return
    if job.state is not JobState.QUEUED or job.attempts:
        state.deadlines.cancel(WaitTimesOut(job.job_id))
        return
    if job.job_id not in state.wait_ends_seconds:
        waited = max(0, state.now.unix_ms - job.submitted_at_ms) / 1000
        state.wait_ends_seconds[job.job_id] = state.now.seconds + max(0.0, allowed - waited)
    if WaitTimesOut(job.job_id) not in state.deadlines:
        state.deadlines.set(WaitTimesOut(job.job_id), state.wait_ends_seconds[job.job_id])


def _run_seconds_by_its_record(job: JobRecord, now_ms: int) -> float:
    """Return how long all attempts together have held devices, by the wall clock: all that a restart leaves."""
    spans = ((attempt.ended_at_ms or now_ms) - attempt.offered_at_ms for attempt in job.attempts)
    return sum(max(0, span) for span in spans) / 1000


def _forget(state: ClusterState, job_id: str) -> None:
    state.jobs.pop(job_id, None)
    state.tallies.remove(job_id)
    state.dependents.put(job_id, ())
    state.avoidances.forget_job(job_id)
    state.accounts.forget(job_id)
    state.run_seconds_left.pop(job_id, None)
    state.wait_ends_seconds.pop(job_id, None)
