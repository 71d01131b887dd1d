"""The last jobs that ended, for requests that were already on their way when they did.

Ended jobs live in the store. Between a caller's look there and the core's turn a job may end; without this memory the
core would have to say that it never existed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central_server.scheduler.jobs import JobRecord


@dataclass(slots=True)
class RecentlyEnded:
    """A bounded memory of ended jobs; the oldest are forgotten first."""

    most_jobs: int
    most_bytes: int
    _records: dict[str, JobRecord] = field(default_factory=dict)
    _bytes: int = 0

    def get(self, job_id: str) -> JobRecord | None:
        """Return the record of a job that ended lately."""
        return self._records.get(job_id)

    def put(self, record: JobRecord) -> None:
        """Remember `record`, at the cost of the oldest."""
        self.remove(record.job_id)
        self._records[record.job_id] = record
        self._bytes += _size(record)
        while len(self._records) > self.most_jobs or self._bytes > self.most_bytes:
            self.remove(next(iter(self._records)))

    def remove(self, job_id: str) -> None:
        """Forget `job_id`; unknown ones too."""
        if (record := self._records.pop(job_id, None)) is not None:
            self._bytes -= _size(record)


def _size(record: JobRecord) -> int:
    return len(record.spec.model_definition)
