"""Jobs that wait for other jobs: they compete for a place when all of those have succeeded, and fail when one cannot.

Whether a job of the past had succeeded is known where it is submitted (the core forgets ended jobs); from then on the
record names only what is still to come, so a rebuilt core needs nothing else.
"""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.bookkeeping import put_job
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.events import SubmitRequested
from central_server.scheduler.jobs import JobError, JobRecord
from shared.errors import InvalidField, UserMistake, WrongState
from shared.lifecycle import JobState, advance_job

DEPENDENCY_FAILED_CODE = "dependency_failed"


def unmet_dependencies(state: ClusterState, event: SubmitRequested) -> tuple[str, ...]:
    """Return the jobs that a new one has to wait for.

    Raises:
        InvalidField: one of them is not there.
        WrongState: one of them has ended without success.
    """
    return tuple(job_id for job_id in event.spec.after if job_id not in event.met and _is_unmet(state, job_id))


def settle_dependents(state: ClusterState) -> None:
    """Tell those who wait about every job that has ended in this call, and about those that fail because of it."""
    while state.ended_now:
        ended = state.ended_now.pop(0)
        for job_id in state.dependents.of(ended.job_id):
            _settle(state, state.jobs[job_id], ended)


def dependency_refusal(job_id: str, job_state: JobState) -> UserMistake:
    """Return why nothing can wait for a job that ended in this state."""
    return WrongState(f"after names job {job_id}, which has ended {job_state} and will not succeed", field="after")


def _is_unmet(state: ClusterState, job_id: str) -> bool:
    if job_id in state.jobs:
        return True
    ended = state.recently_ended.get(job_id)
    if ended is None:
        raise InvalidField(f"after names job {job_id}, which is not here", field="after")
    if ended.state is not JobState.SUCCEEDED:
        raise dependency_refusal(job_id, ended.state)
    return False


def fail_when_in_vain(state: ClusterState, job: JobRecord) -> JobRecord:
    """Return the queued job as it goes on, failed when something it waits for ended without success meanwhile."""
    gone = next((name for name in job.waits_for if name not in state.jobs), None)
    return job if gone is None else _failed(state, job, f"job {gone}, which it was to come after, did not succeed")


def _settle(state: ClusterState, job: JobRecord, ended: JobRecord) -> None:
    if ended.state is JobState.SUCCEEDED:
        put_job(state, replace(job, waits_for=tuple(name for name in job.waits_for if name != ended.job_id)))
    elif job.state is JobState.QUEUED:  # a paused one is told when it is resumed
        why = f"job {ended.job_id}, which it was to come after, has ended {ended.state}"
        put_job(state, _failed(state, job, why))


def _failed(state: ClusterState, job: JobRecord, sentence: str) -> JobRecord:
    return replace(
        job,
        state=advance_job(job.state, JobState.FAILED),
        reason=sentence,
        error=JobError(DEPENDENCY_FAILED_CODE, sentence),
        ended_at_ms=state.now.unix_ms,
        wait_until_ms=0,
    )
