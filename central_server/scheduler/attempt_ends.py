"""How an attempt ends: by the node's last word, by its lease, or because the node's process died.

Fenced: only the current attempt of a live job, on the node it was given to, can end. A repeated end is acknowledged and
changes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.aftermath import AttemptEnd, job_after
from central_server.scheduler.bookkeeping import index_job, put_job, put_node
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import AvoidanceEnds
from central_server.scheduler.effects import DropArtifact, Note, Send
from central_server.scheduler.fencing import Standing, standing_of
from central_server.scheduler.jobs import AttemptRecord, JobCheckpoint, JobError, JobRecord, JobResult
from central_server.scheduler.node_departures import close_for_violation
from central_server.scheduler.nodes import NodeRecord
from shared.errors import MachineFailure, OutOfMemory
from shared.lifecycle import AttemptState, can_advance_attempt, job_has_ended
from shared.node_messages import AttemptEnded, EndAcknowledged, Outcome

_STATES = {
    Outcome.SUCCEEDED: AttemptState.SUCCEEDED,
    Outcome.FAILED: AttemptState.FAILED,
    Outcome.CANCELLED: AttemptState.CANCELLED,
    Outcome.PREEMPTED: AttemptState.PREEMPTED,
    Outcome.DECLINED: AttemptState.DECLINED,
}


def on_attempt_ended(state: ClusterState, node: NodeRecord, message: AttemptEnded) -> None:
    """Take a node's last word about an attempt."""
    match standing_of(state, node.node_id, message.key):
        case Standing.CURRENT:
            _end_current(state, node, message)
        case Standing.SETTLED | Standing.UNKNOWN:
            state.emit(Note("late_end_dropped", (("attempt", str(message.key)), ("node", node.node_id))))
            if message.checkpoint is not None:
                state.emit(DropArtifact(message.checkpoint.sha256))
            state.emit(Send(node.session_id, EndAcknowledged(message.key)))
        case Standing.NEVER_GIVEN:
            close_for_violation(
                state, node, f"attempt {message.key} was never given to this node, and it says it ended"
            )


def end_attempt(state: ClusterState, job: JobRecord, end: AttemptEnd) -> JobRecord:
    """End the job's current attempt as `end` says, free its devices, and return what the job has become."""
    attempt = job.attempts[-1]
    after = job_after(job, end, state.now.unix_ms, state.settings.retry_backoff)
    # What is declined frees nothing: two jobs that a node declines would wake each other for ever.
    if end.state is not AttemptState.DECLINED:
        _wake_avoiders(state, attempt.node_id)
    if end.state is AttemptState.DECLINED and not job_has_ended(after.state):
        _avoid(state, after, attempt.node_id, end.reason)
    put_job(state, after)
    state.emit(_note(job, attempt, end, after))
    return after


def _end_current(state: ClusterState, node: NodeRecord, message: AttemptEnded) -> None:
    job = state.jobs[message.key.job_id]
    attempt = job.attempts[-1]
    if not can_advance_attempt(attempt.state, _STATES[message.outcome]):
        sentence = f"attempt {message.key} is {attempt.state} and cannot become {message.outcome}"
        close_for_violation(state, node, sentence)
        return
    after = end_attempt(state, job, _end_from_message(state, node, attempt, message))
    if after.result is not None:
        node = replace(node, jobs_completed=node.jobs_completed + 1)
    put_node(state, replace(node, compute_seconds=node.compute_seconds + message.compute_seconds))
    state.emit(Send(node.session_id, EndAcknowledged(message.key)))


def _end_from_message(
    state: ClusterState, node: NodeRecord, attempt: AttemptRecord, message: AttemptEnded
) -> AttemptEnd:
    return AttemptEnd(
        state=_STATES[message.outcome],
        reason=message.message or _default_reason(node, message.outcome),
        error=_error_of(message),
        result=_result_of(message),
        is_forgiven=_ran_out_among_others(state, attempt, message),
        step=message.step,
        checkpoint_step=message.checkpoint_step,
        epoch=message.epoch,
        steps_total=message.steps_total,
        checkpoint_node_id=node.node_id if message.checkpoint_step else "",
        checkpoint=JobCheckpoint(attempt.number, message.checkpoint) if message.checkpoint else None,
        metrics=message.final_metrics,
    )


def _default_reason(node: NodeRecord, outcome: Outcome) -> str:
    return "" if outcome is Outcome.SUCCEEDED else f"{outcome} by {node.name}"


def _error_of(message: AttemptEnded) -> JobError | None:
    if message.outcome is not Outcome.FAILED:
        return None
    return JobError(message.error_code or MachineFailure.code, message.message or "the node gave no reason")


def _result_of(message: AttemptEnded) -> JobResult | None:
    if message.outcome is not Outcome.SUCCEEDED:
        return None
    return JobResult(message.files, message.final_metrics, message.compute_seconds)


def _ran_out_among_others(state: ClusterState, attempt: AttemptRecord, message: AttemptEnded) -> bool:
    """Running out of memory hits whoever allocates last: beside others it is nobody's fault, and the account grows."""
    if message.outcome is not Outcome.FAILED or message.error_code != OutOfMemory.code:
        return False
    others = [
        promise
        for key, promise in state.promises.of_node(attempt.node_id).items()
        if key != message.key and set(promise.device_ids) & set(attempt.device_ids)
    ]
    if not others:
        return False
    state.accounts.correct(message.key.job_id, _grown_account(state, attempt))
    return True


def _grown_account(state: ClusterState, attempt: AttemptRecord) -> int:
    """Twice what was counted, but never more than the device can give: then it runs there alone."""
    capacity = state.nodes[attempt.node_id].description.capacity_bytes
    most = max((capacity.get(device_id, 0) for device_id in attempt.device_ids), default=0)
    return max(attempt.memory_bytes, min(attempt.memory_bytes * 2, most))


def _avoid(state: ClusterState, job: JobRecord, node_id: str, reason: str) -> None:
    state.avoidances.add(job.job_id, node_id, reason)
    until = state.now.seconds + state.settings.avoidance_seconds
    state.deadlines.set(AvoidanceEnds(job.job_id, node_id), until)


def _wake_avoiders(state: ClusterState, node_id: str) -> None:
    """Memory has come free on this node: whoever it would not have may try again."""
    for job_id in state.avoidances.jobs_avoiding(node_id):
        stop_avoiding(state, job_id, node_id)


def stop_avoiding(state: ClusterState, job_id: str, node_id: str) -> None:
    """Let the job be offered to the node again."""
    state.avoidances.remove(job_id, node_id)
    state.deadlines.cancel(AvoidanceEnds(job_id, node_id))
    if (job := state.jobs.get(job_id)) is not None:
        index_job(state, job)


def _note(job: JobRecord, attempt: AttemptRecord, end: AttemptEnd, after: JobRecord) -> Note:
    fields: tuple[tuple[str, str | int | float], ...] = (
        ("job", job.job_id),
        ("attempt", attempt.number),
        ("node", attempt.node_id),
        ("job_state", after.state),
        ("reason", end.reason),
    )
    is_warning = end.state in {AttemptState.FAILED, AttemptState.LOST}
    return Note(f"attempt_{end.state}", fields, is_warning=is_warning)
