"""What must hold after every event, as a list of small checks. Tests call it after each step; a breach is our bug.

A check yields the sentences of what is wrong; nothing here repairs anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from central_server.scheduler.bookkeeping import live_attempt_of, need_of
from central_server.scheduler.cluster import Cluster
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import LeaseEnds, RetryDue, RunTimesOut
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.nodes import NodeRecord
from shared.errors import OurBug
from shared.identifiers import AttemptKey
from shared.lifecycle import JobState, attempt_has_ended, job_has_ended

Check = Callable[[ClusterState], Iterator[str]]

_WITH_DEVICES = frozenset({JobState.RUNNING, JobState.STOPPING})


def only_live_jobs_are_held(state: ClusterState) -> Iterator[str]:
    """Ended jobs leave the core with their last save."""
    for job_id, job in state.jobs.items():
        if job_has_ended(job.state) or job.job_id != job_id:
            yield f"job {job_id} is held as {job.job_id} in state {job.state}"


def a_job_has_devices_exactly_while_it_runs(state: ClusterState) -> Iterator[str]:
    """RUNNING and STOPPING mean one live attempt; other states none."""
    for job in state.jobs.values():
        if (live_attempt_of(job) is not None) != (job.state in _WITH_DEVICES):
            yield f"job {job.job_id} is {job.state} and its last attempt is {job.current_attempt}"


def attempts_are_numbered_and_only_the_last_lives(state: ClusterState) -> Iterator[str]:
    """Numbers are 1, 2, 3, …; an attempt begins when the one before has ended."""
    for job in state.jobs.values():
        numbers = [attempt.number for attempt in job.attempts]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"job {job.job_id} has attempts numbered {numbers}"
        if not all(attempt_has_ended(attempt.state) for attempt in job.attempts[:-1]):
            yield f"job {job.job_id} has an earlier attempt that lives"


def a_queued_job_waits_somewhere(state: ClusterState) -> Iterator[str]:
    """A queued job is in line, has a deadline that will put it there, or waits for other jobs that live."""
    for job in state.jobs.values():
        places = [
            job.job_id in state.queue,
            RetryDue(job.job_id) in state.deadlines,
            bool(job.waits_for) and job.state is JobState.QUEUED,
        ]
        if sum(places) != (job.state is JobState.QUEUED):
            yield f"job {job.job_id} is {job.state}; in line, waiting for a retry, for other jobs: {places}"
    if len(state.queue) > len(state.jobs):
        yield "the queue holds jobs that are gone"


def jobs_stand_in_the_line_of_their_need(state: ClusterState) -> Iterator[str]:
    """A changed account or avoidance moves a job to another line."""
    for job in state.jobs.values():
        if job.job_id in state.queue and state.queue.standing(job.job_id).need != need_of(state, job):
            yield f"job {job.job_id} waits as {state.queue.standing(job.job_id).need}, needs {need_of(state, job)}"


def every_live_attempt_has_a_lease(state: ClusterState) -> Iterator[str]:
    """A lease for each live attempt and for nothing else: whatever runs ends one day."""
    leased = {deadline.key for deadline in state.deadlines if isinstance(deadline, LeaseEnds)}
    if leased != _live_keys(state):
        yield f"leases differ from live attempts in {sorted(map(str, leased ^ _live_keys(state)))}"


def run_limits_belong_to_running_jobs(state: ClusterState) -> Iterator[str]:
    """A job that does not run cannot time out."""
    for deadline in state.deadlines:
        if isinstance(deadline, RunTimesOut) and not _is_running(state, deadline.job_id):
            yield f"job {deadline.job_id} does not run and has a limit on its run"


def the_ledger_says_what_the_records_say(state: ClusterState) -> Iterator[str]:
    """Promises are those of live attempts, with their sizes."""
    for job in state.jobs.values():
        if (attempt := live_attempt_of(job)) is None:
            continue
        promise = state.promises.of_node(attempt.node_id).get(AttemptKey(job.job_id, attempt.number))
        if promise is None or (promise.device_ids, promise.memory_bytes) != (attempt.device_ids, attempt.memory_bytes):
            yield f"the ledger says {promise} of {job.job_id}, the record {attempt}"
    held = {key for node_id in state.nodes for key in state.promises.of_node(node_id)}
    if not held <= _live_keys(state):
        yield f"the ledger holds {sorted(map(str, held - _live_keys(state)))}, which do not live"


def who_waits_for_a_job_waits_for_a_live_one(state: ClusterState) -> Iterator[str]:
    """What has ended has been settled in the same call; a paused job is told when it is resumed."""
    for job in (job for job in state.jobs.values() if job.state is not JobState.PAUSED):
        if gone := [name for name in job.waits_for if name not in state.jobs]:
            yield f"job {job.job_id} waits for {gone}, which do not live"
    if state.ended_now:
        yield f"{len(state.ended_now)} jobs have ended and their dependents were not told"


def users_are_counted_with_what_they_hold(state: ClusterState) -> Iterator[str]:
    """Fair share and quotas see exactly the live attempts."""
    held: Counter[str] = Counter(job.spec.user_id for job in state.jobs.values() if live_attempt_of(job) is not None)
    for user_id in {job.spec.user_id for job in state.jobs.values()}:
        if state.fair_share.attempts_of(user_id) != held[user_id]:
            yield f"{user_id} is counted with {state.fair_share.attempts_of(user_id)} attempts and has {held[user_id]}"


def what_is_kept_is_kept_for_somebody(state: ClusterState) -> Iterator[str]:
    """One device a job and one a node; of a job that has not started."""
    kept = tuple(state.reservations)
    if len({reservation.node_id for reservation in kept}) != len(kept):
        yield f"two devices of one node are kept: {kept}"


def sessions_and_nodes_name_each_other(state: ClusterState) -> Iterator[str]:
    """One open stream a node, known from both ends."""
    for session_id, node_id in state.node_by_session.items():
        if state.nodes[node_id].session_id != session_id:
            yield f"session {session_id} is of {node_id}, which has {state.nodes[node_id].session_id!r}"
    connected = {node.session_id for node in state.nodes.values() if node.session_id}
    if connected != set(state.node_by_session):
        yield f"open sessions differ: {sorted(connected ^ set(state.node_by_session))}"


def a_stop_has_its_reason_only_while_it_lasts(state: ClusterState) -> Iterator[str]:
    """An intent to stop is kept from the wish to the end, and not beyond."""
    for job in state.jobs.values():
        if job.stop_intent is not None and job.state is not JobState.STOPPING:
            yield f"job {job.job_id} is {job.state} and is still to {job.stop_intent}"


def checkpoints_are_of_known_attempts(state: ClusterState) -> Iterator[str]:
    """What a job would go on from was made by one of its attempts."""
    for job in state.jobs.values():
        if job.checkpoint is not None and not 1 <= job.checkpoint.attempt <= len(job.attempts):
            number = job.checkpoint.attempt
            yield f"job {job.job_id} has {len(job.attempts)} attempts and a checkpoint of number {number}"


CHECKS: tuple[Check, ...] = (
    only_live_jobs_are_held,
    a_job_has_devices_exactly_while_it_runs,
    attempts_are_numbered_and_only_the_last_lives,
    a_queued_job_waits_somewhere,
    jobs_stand_in_the_line_of_their_need,
    every_live_attempt_has_a_lease,
    run_limits_belong_to_running_jobs,
    the_ledger_says_what_the_records_say,
    who_waits_for_a_job_waits_for_a_live_one,
    users_are_counted_with_what_they_hold,
    what_is_kept_is_kept_for_somebody,
    sessions_and_nodes_name_each_other,
    a_stop_has_its_reason_only_while_it_lasts,
    checkpoints_are_of_known_attempts,
)


def check(cluster: Cluster) -> None:
    """Hold every invariant against the cluster.

    Raises:
        OurBug: one does not hold; the message names it and says where.
    """
    for holds in CHECKS:
        for sentence in holds(cluster.state):
            raise OurBug(f"{holds.__name__}: {sentence}")


def check_capacity(cluster: Cluster) -> None:
    """Hold what is promised against what nodes can give.

    Apart from `check`, since a node may shrink under what it already runs: hold it where that cannot be.

    Raises:
        OurBug: more is promised than a node has.
    """
    for node in cluster.nodes():
        for sentence in _overdrafts(cluster.state, node):
            raise OurBug(f"check_capacity: {sentence}")


def _overdrafts(state: ClusterState, node: NodeRecord) -> Iterator[str]:
    promises = state.promises.of_node(node.node_id)
    if len(promises) > node.description.slots:
        yield f"{node.node_id} has {node.description.slots} slots and runs {len(promises)} attempts"
    for device_id, capacity in node.description.capacity_bytes.items():
        held = [p.memory_bytes for p in promises.values() if device_id in p.device_ids and not p.is_stopping]
        if sum(held) > capacity:
            yield f"{device_id} of {node.node_id} can give {capacity} bytes and has promised {sum(held)}"


def _live_keys(state: ClusterState) -> set[AttemptKey]:
    return {_key(job) for job in state.jobs.values() if live_attempt_of(job) is not None}


def _key(job: JobRecord) -> AttemptKey:
    assert job.current_key is not None
    return job.current_key


def _is_running(state: ClusterState, job_id: str) -> bool:
    job = state.jobs.get(job_id)
    return job is not None and job.state is JobState.RUNNING
