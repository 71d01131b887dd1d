"""What people ask of jobs: submit, cancel, pause, resume, delete. Each is answered once, when it is durable.

Ended jobs live in the store: whoever sends these events has looked there first. Here a job that is neither live nor
lately ended does not exist; only `DeleteRequested` removes it all the same, since the store may still hold it.
"""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.bookkeeping import put_job, remove_ended_job
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.dependencies import fail_when_in_vain, unmet_dependencies
from central_server.scheduler.effects import Answer, Refuse
from central_server.scheduler.events import (
    CancelRequested,
    DeleteRequested,
    PauseRequested,
    ResumeRequested,
    SubmitRequested,
)
from central_server.scheduler.jobs import JobRecord, StopIntent
from central_server.scheduler.stopping import is_stronger, stop_job
from shared.errors import AlreadyExists, NotFound, OverQuota, UserMistake, WrongState
from shared.lifecycle import JobState, advance_job, job_has_ended

_PAUSED_REASON = "paused by its user"
_RESUMED_REASON = "it goes on as soon as it has stopped"


def on_submit(state: ClusterState, event: SubmitRequested) -> None:
    """Accept a new job, or answer as the first time."""
    known = _known_job(state, event.job_id)
    if known is None:
        _accept_or_refuse(state, event)
    elif is_being_deleted(known):
        state.emit(Refuse(event.request_id, deletion_refusal(event.job_id)))
    elif known.content_digest == event.content_digest:
        state.emit(Answer(event.request_id, known))
    else:
        state.emit(Refuse(event.request_id, _other_content(event.job_id)))


def on_cancel(state: ClusterState, event: CancelRequested) -> None:
    """End a job; one that has ended already is answered as it is."""
    job = _known_job(state, event.job_id)
    if job is None:
        state.emit(Refuse(event.request_id, _no_such_job(event.job_id)))
    else:
        reason = event.reason or "cancelled by its user"
        state.emit(Answer(event.request_id, _cancel(state, job, StopIntent.CANCEL, reason)))


def on_delete(state: ClusterState, event: DeleteRequested) -> None:
    """Remove a job; a running one is cancelled first and stays visible as stopping until its device is free."""
    job = state.jobs.get(event.job_id)
    if job is None:
        remove_ended_job(state, event.job_id)
        state.emit(Answer(event.request_id, None))
        return
    job = _cancel(state, job, StopIntent.DELETE, "deleted by its user")
    state.emit(Answer(event.request_id, None if job_has_ended(job.state) else job))


def on_pause(state: ClusterState, event: PauseRequested) -> None:
    """Let a job save itself and wait."""
    job = _known_job(state, event.job_id)
    if job is None:
        state.emit(Refuse(event.request_id, _no_such_job(event.job_id)))
    elif _cannot_pause(job):
        state.emit(Refuse(event.request_id, WrongState(f"job {job.job_id} is {job.state} and cannot be paused")))
    else:
        state.emit(Answer(event.request_id, _pause(state, job)))


def on_resume(state: ClusterState, event: ResumeRequested) -> None:
    """Let a paused job go on; one that goes on already is answered as it is."""
    job = _known_job(state, event.job_id)
    if job is None:
        state.emit(Refuse(event.request_id, _no_such_job(event.job_id)))
    elif _cannot_resume(job):
        state.emit(Refuse(event.request_id, WrongState(f"job {job.job_id} is {job.state} and cannot be resumed")))
    else:
        state.emit(Answer(event.request_id, _resume(state, job)))


def is_being_deleted(job: JobRecord) -> bool:
    """Tell whether the job will be gone when its device is free."""
    return job.stop_intent is StopIntent.DELETE


def deletion_refusal(job_id: str) -> WrongState:
    """Return why nothing can be submitted under the id of a job that is about to be gone."""
    return WrongState(
        f"job {job_id} is being deleted and still stops on its node; submit it again when it is gone, "
        "or under another job_id",
        field="job_id",
    )


def _known_job(state: ClusterState, job_id: str) -> JobRecord | None:
    return state.jobs.get(job_id) or state.recently_ended.get(job_id)


def _accept_or_refuse(state: ClusterState, event: SubmitRequested) -> None:
    user_id = event.spec.user_id
    queued = state.tallies.count(user_id, JobState.QUEUED)
    if sentence := state.settings.quotas.refusal_to_queue(user_id, queued):
        state.emit(Refuse(event.request_id, OverQuota(sentence)))
        return
    try:
        waits_for = unmet_dependencies(state, event)
    except UserMistake as mistake:
        state.emit(Refuse(event.request_id, mistake))
    else:
        state.emit(Answer(event.request_id, _accept(state, event, waits_for)))


def _accept(state: ClusterState, event: SubmitRequested, waits_for: tuple[str, ...]) -> JobRecord:
    job = JobRecord(
        job_id=event.job_id,
        sequence=state.next_sequence,
        spec=event.spec,
        content_digest=event.content_digest,
        state=JobState.QUEUED,
        submitted_at_ms=state.now.unix_ms,
        waits_for=waits_for,
        traceparent=event.traceparent,
    )
    state.next_sequence += 1
    put_job(state, job)
    return job


def _cancel(state: ClusterState, job: JobRecord, intent: StopIntent, reason: str) -> JobRecord:
    if job_has_ended(job.state):
        return job
    if job.state in {JobState.QUEUED, JobState.PAUSED}:
        return _cancel_at_rest(state, replace(job, stop_intent=intent), reason)
    if not is_stronger(intent, job.stop_intent):
        return job
    return stop_job(state, job, intent, reason)


def _cancel_at_rest(state: ClusterState, job: JobRecord, reason: str) -> JobRecord:
    cancelled = replace(
        job,
        state=advance_job(job.state, JobState.CANCELLED),
        reason=reason,
        ended_at_ms=state.now.unix_ms,
        wait_until_ms=0,
        checkpoint=None,
    )
    put_job(state, cancelled)
    return cancelled


def _cannot_pause(job: JobRecord) -> bool:
    is_ending = job.state is JobState.STOPPING and is_stronger(job.stop_intent, StopIntent.PAUSE)
    return is_ending or job_has_ended(job.state)


def _pause(state: ClusterState, job: JobRecord) -> JobRecord:
    if job.state is JobState.PAUSED or job.stop_intent is StopIntent.PAUSE:
        return job
    if job.state is not JobState.QUEUED:
        return stop_job(state, job, StopIntent.PAUSE, "it is being paused")
    paused = replace(job, state=advance_job(job.state, JobState.PAUSED), reason=_PAUSED_REASON, wait_until_ms=0)
    put_job(state, paused)
    return paused


def _cannot_resume(job: JobRecord) -> bool:
    is_ending = job.state is JobState.STOPPING and is_stronger(job.stop_intent, StopIntent.PAUSE)
    return is_ending or job_has_ended(job.state)


def _resume(state: ClusterState, job: JobRecord) -> JobRecord:
    if job.state is JobState.PAUSED:
        resumed = fail_when_in_vain(state, replace(job, state=advance_job(job.state, JobState.QUEUED), reason=""))
    elif job.stop_intent is StopIntent.PAUSE:
        resumed = replace(job, stop_intent=None, reason=_RESUMED_REASON)
    else:
        return job
    put_job(state, resumed)
    return resumed


def _no_such_job(job_id: str) -> NotFound:
    return NotFound(f"there is no job {job_id}", field="job_id")


def _other_content(job_id: str) -> AlreadyExists:
    return AlreadyExists(f"job {job_id} exists with other content; choose another job_id", field="job_id")
