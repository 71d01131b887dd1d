"""What a node says of an attempt while it lives: it is starting, running or stopping, it needs this much memory."""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.bookkeeping import index_job, put_job
from central_server.scheduler.byte_sizes import describe_bytes
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.demands import dataset_of
from central_server.scheduler.effects import Note, Send
from central_server.scheduler.fencing import Standing, standing_of
from central_server.scheduler.jobs import AttemptRecord, JobRecord
from central_server.scheduler.node_departures import close_for_violation
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.stopping import stop_job, with_last_attempt
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, advance_attempt, can_advance_attempt
from shared.node_messages import AttemptReport, StopAttempt, StopMode

_REPORTABLE = frozenset({AttemptState.STARTING, AttemptState.RUNNING, AttemptState.STOPPING})


def on_attempt_report(state: ClusterState, node: NodeRecord, message: AttemptReport) -> None:
    """Take a report about an attempt of this node; about another's it is a breach of the protocol."""
    if message.state not in _REPORTABLE:
        close_for_violation(
            state, node, f"a report says starting, running or stopping, got {message.state} for {message.key}"
        )
        return
    match standing_of(state, node.node_id, message.key):
        case Standing.CURRENT:
            take_report(state, node, message)
        case Standing.SETTLED | Standing.UNKNOWN:
            abandon(state, node, message.key)
        case Standing.NEVER_GIVEN:
            close_for_violation(
                state, node, f"attempt {message.key} was never given to this node, but it reports on it"
            )


def abandon(state: ClusterState, node: NodeRecord, key: AttemptKey) -> None:
    """Tell a node to stop what we do not count on, without a further word."""
    state.emit(Note("unwanted_attempt", (("attempt", str(key)), ("node", node.node_id))))
    state.emit(Send(node.session_id, StopAttempt(key, StopMode.ABANDON, "the server does not count on this attempt")))


def take_report(state: ClusterState, node: NodeRecord, message: AttemptReport) -> None:
    """Bring the record of a current attempt up to date; stop it when it turns out too large for its device."""
    job = state.jobs[message.key.job_id]
    updated = _with_first_step(_with_report(job, message, state.now.unix_ms), message, state.now.unix_ms)
    if updated == job:
        return
    put_job(state, updated)
    _learn(state, updated, message)
    is_stopping = updated.attempts[-1].state is AttemptState.STOPPING
    if not is_stopping and (sentence := _overdraft(state, node, updated)):
        stop_job(state, updated, None, sentence)


def _learn(state: ClusterState, job: JobRecord, message: AttemptReport) -> None:
    """What this attempt shows is good to know for jobs like it: the memory, and what the node holds now."""
    attempt = job.attempts[-1]
    if message.state is AttemptState.RUNNING:
        state.holdings.ran(attempt.node_id, state.accounts.program_of(job), dataset_of(job.spec))
    if message.memory_bytes:
        for job_id in state.accounts.found(job, message.memory_bytes):
            if job_id in state.queue:
                index_job(state, state.jobs[job_id])


def _with_report(job: JobRecord, message: AttemptReport, now_ms: int) -> JobRecord:
    """A word from before a stop, or one that repeats an earlier state, changes no state."""
    attempt = job.attempts[-1]
    moves = attempt.state is not AttemptState.STOPPING and can_advance_attempt(attempt.state, message.state)
    updated = replace(
        attempt,
        state=advance_attempt(attempt.state, message.state) if moves else attempt.state,
        memory_bytes=message.memory_bytes or attempt.memory_bytes,
        started_at_ms=attempt.started_at_ms or (0 if message.state is AttemptState.STOPPING else now_ms),
        resumed_from_step=message.resumed_from_step or attempt.resumed_from_step,
    )
    return with_last_attempt(job, updated)


def _with_first_step(job: JobRecord, message: AttemptReport, now_ms: int) -> JobRecord:
    if job.first_step_at_ms or message.state is not AttemptState.RUNNING:
        return job
    # The node's clock is only believed between what we saw ourselves.
    moment = min(max(message.first_step_at_ms or now_ms, job.started_at_ms), now_ms)
    return replace(job, first_step_at_ms=moment)


def _overdraft(state: ClusterState, node: NodeRecord, job: JobRecord) -> str:
    """Say what is wrong when the attempt's devices are promised beyond what they can give."""
    attempt = job.attempts[-1]
    too_full = (device_id for device_id in attempt.device_ids if _is_overdrawn(state, node, device_id))
    device_id = next(too_full, None)
    return "" if device_id is None else _overdraft_sentence(node, attempt, device_id)


def _is_overdrawn(state: ClusterState, node: NodeRecord, device_id: str) -> bool:
    promised = state.promises.bytes_by_device(node.node_id).get(device_id, 0)
    return promised > node.description.capacity_bytes.get(device_id, 0)


def _overdraft_sentence(node: NodeRecord, attempt: AttemptRecord, device_id: str) -> str:
    capacity = describe_bytes(node.description.capacity_bytes.get(device_id, 0))
    return (
        f"it needs {describe_bytes(attempt.memory_bytes)} by the compiler's account, more than {device_id} of "
        f"{node.name} has left of {capacity}"
    )
