"""Which jobs' specs this process has written, so that a job's later changes need not look whether its spec is there.

A spec is written once and never changes. What is not remembered here is written again where it is missing, so
forgetting costs a little time and nothing else. Only the writer's thread uses it.
"""

from __future__ import annotations

from collections.abc import Sequence

from central_server.scheduler.effects import RemoveJob, SaveJob, Write

MOST_JOBS = 50_000


class WrittenSpecs:
    """A bounded memory of job ids; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._job_ids: dict[str, None] = {}

    def __contains__(self, job_id: object) -> bool:
        """Tell whether the job's spec is known to be in the database."""
        return job_id in self._job_ids

    def remember(self, writes: Sequence[Write]) -> None:
        """Learn from a batch that is durable."""
        for write in writes:
            match write:
                case SaveJob(record):
                    self._job_ids[record.job_id] = None
                case RemoveJob(job_id):
                    self._job_ids.pop(job_id, None)
        while len(self._job_ids) > MOST_JOBS:
            del self._job_ids[next(iter(self._job_ids))]

    def forget(self) -> None:
        """Begin anew: somebody else may have written meanwhile."""
        self._job_ids.clear()
