"""Forgetting jobs that ended long ago: what no live job depends on leaves the store. Which are old, others say.

The last word is here because only the core knows at this moment what lives: between a look at the store and this event
a job may have been deleted and submitted again under its id, or another one may have named it.
"""

from __future__ import annotations

from central_server.scheduler.bookkeeping import remove_ended_job
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.effects import Answer
from central_server.scheduler.events import ExpiryRequested


def on_expiry(state: ClusterState, event: ExpiryRequested) -> None:
    """Remove those that have ended and that no live job comes after."""
    named = {name for job in state.jobs.values() for name in job.spec.after}
    for job_id in event.job_ids:
        if job_id not in state.jobs and job_id not in named:
            remove_ended_job(state, job_id)
    state.emit(Answer(event.request_id, None))
