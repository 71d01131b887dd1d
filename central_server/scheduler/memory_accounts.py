"""How much memory a job is believed to need, from the best source there is.

In order: a correction after running out of memory, what the last attempt was counted with (its node's compiler has
corrected that), what the job declares, an estimate from its graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central_server.scheduler.demands import declared_bytes_of
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.memory_estimate import estimate_bytes


@dataclass(slots=True)
class MemoryAccounts:
    """The accounts of live jobs; estimates are made once a job."""

    _corrected: dict[str, int] = field(default_factory=dict)
    _estimated: dict[str, int] = field(default_factory=dict)

    def bytes_of(self, job: JobRecord) -> int:
        """Return what to promise the job's next attempt."""
        if (corrected := self._corrected.get(job.job_id)) is not None:
            return corrected
        if job.attempts:
            return job.attempts[-1].memory_bytes
        return declared_bytes_of(job.spec) or self._estimate(job)

    def correct(self, job_id: str, memory_bytes: int) -> None:
        """Count the job's next attempt with `memory_bytes`."""
        self._corrected[job_id] = memory_bytes

    def forget_correction(self, job_id: str) -> None:
        """An attempt was made with it: from now on that attempt's own count is the better one."""
        self._corrected.pop(job_id, None)

    def forget(self, job_id: str) -> None:
        """Drop the account of an ended job."""
        self._corrected.pop(job_id, None)
        self._estimated.pop(job_id, None)

    def _estimate(self, job: JobRecord) -> int:
        if job.job_id not in self._estimated:
            self._estimated[job.job_id] = estimate_bytes(job.spec)
        return self._estimated[job.job_id]
