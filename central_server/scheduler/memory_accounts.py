"""How much memory a job is believed to need, from the best source there is.

In order: a correction after running out of memory, what the last attempt was counted with (its node's compiler has
corrected that), what the job declares, what a job with the same program was found to need, an estimate from its graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central_server.scheduler.demands import declared_bytes_of
from central_server.scheduler.holdings import program_of
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.memory_estimate import estimate_bytes

MOST_PROGRAMS = 4096
"""Accounts that are remembered by program; the oldest go first."""


@dataclass(slots=True)
class MemoryAccounts:
    """The accounts of live jobs; estimates are made once a job."""

    _corrected: dict[str, int] = field(default_factory=dict)
    _estimated: dict[str, int] = field(default_factory=dict)
    _programs: dict[str, str] = field(default_factory=dict)
    _jobs_of_program: dict[str, set[str]] = field(default_factory=dict)
    _found: dict[str, int] = field(default_factory=dict)

    def bytes_of(self, job: JobRecord) -> int:
        """Return what to promise the job's next attempt."""
        if (corrected := self._corrected.get(job.job_id)) is not None:
            return corrected
        if job.attempts:
            return job.attempts[-1].memory_bytes
        return declared_bytes_of(job.spec) or self._found.get(self.program_of(job)) or self._estimate(job)

    def program_of(self, job: JobRecord) -> str:
        """Return the key of the program that the job very likely has, worked out once a job."""
        program = self._programs.get(job.job_id)
        if program is None:
            program = self._programs[job.job_id] = program_of(job.spec)
            self._jobs_of_program.setdefault(program, set()).add(job.job_id)
        return program

    def found(self, job: JobRecord, memory_bytes: int) -> tuple[str, ...]:
        """Remember what a compiler said of a job; return the live jobs with such a program if that is news."""
        program = self.program_of(job)
        if self._found.pop(program, None) == memory_bytes:
            self._found[program] = memory_bytes  # the newest last
            return ()
        self._found[program] = memory_bytes
        if len(self._found) > MOST_PROGRAMS:
            del self._found[next(iter(self._found))]
        return tuple(sorted(self._jobs_of_program[program]))

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
        if (program := self._programs.pop(job_id, None)) is not None:
            jobs = self._jobs_of_program[program]
            jobs.discard(job_id)
            if not jobs:
                del self._jobs_of_program[program]

    def _estimate(self, job: JobRecord) -> int:
        if job.job_id not in self._estimated:
            self._estimated[job.job_id] = estimate_bytes(job.spec)
        return self._estimated[job.job_id]
