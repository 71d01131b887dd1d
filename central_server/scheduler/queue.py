"""Who is next: higher priority first, then first come. Kept sorted, by class of needs; never sorted as a whole."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from central_server.scheduler.needs import Need


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """A place in line; smaller is earlier. `sequence` is unique, so no two jobs tie."""

    minus_priority: int
    sequence: int


@dataclass(frozen=True, slots=True, order=True)
class QueuedJob:
    """A job in line."""

    rank: Rank
    job_id: str


@dataclass(slots=True)
class JobQueue:
    """The jobs that may compete for a place now."""

    _lines: dict[Need, list[QueuedJob]] = field(default_factory=dict)
    _where: dict[str, tuple[Need, QueuedJob]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._where

    def put(self, job_id: str, rank: Rank, need: Need) -> None:
        """Stand `job_id` in line, or move it to the line of its new need."""
        entry = QueuedJob(rank, job_id)
        if self._where.get(job_id) == (need, entry):
            return
        self.remove(job_id)
        insort(self._lines.setdefault(need, []), entry)
        self._where[job_id] = (need, entry)

    def remove(self, job_id: str) -> None:
        """Take `job_id` out of line; unknown ones too."""
        if job_id not in self._where:
            return
        need, entry = self._where.pop(job_id)
        line = self._lines[need]
        del line[bisect_left(line, entry)]
        if not line:
            del self._lines[need]

    def classes(self) -> tuple[Need, ...]:
        """Return the needs that somebody waits with."""
        return tuple(self._lines)

    def head(self, need: Need) -> QueuedJob | None:
        """Return the first in the line of `need`."""
        line = self._lines.get(need)
        return line[0] if line else None

    def need_of(self, job_id: str) -> Need:
        """Return the need `job_id` stands in line with."""
        return self._where[job_id][0]

    def count_ahead_of(self, job_id: str) -> int:
        """Return how many jobs of any class rank before `job_id`."""
        _, entry = self._where[job_id]
        return sum(bisect_left(line, entry) for line in self._lines.values())
