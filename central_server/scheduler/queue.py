"""The jobs that may compete for a place, in lines: one for each user, priority and class of needs.

Inside a line first come is first served. Which line is next is `order`'s matter. Every line is kept sorted; nothing is
ever sorted as a whole, and what a planning cycle asks costs no more than the number of claimants. Its records are
tuples: a start makes a hundred thousand of each.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from central_server.scheduler.needs import Need


class Claimant(NamedTuple):
    """A user with a priority: whose turn it is, is decided between these."""

    user_id: str
    priority: int


class QueuedJob(NamedTuple):
    """A job in line; `sequence` is unique, so no two jobs tie."""

    sequence: int
    job_id: str


class Standing(NamedTuple):
    """Where a job stands.

    Attributes:
        since_seconds: the moment it began to compete.
    """

    claimant: Claimant
    need: Need
    entry: QueuedJob
    since_seconds: float


@dataclass(slots=True)
class _Lines:
    """One claimant's jobs, all together and by class of needs."""

    all: list[QueuedJob] = field(default_factory=list)
    by_need: dict[Need, list[QueuedJob]] = field(default_factory=dict)
    served_seconds: float = float("-inf")


@dataclass(slots=True)
class JobQueue:
    """All lines."""

    _claimants: dict[Claimant, _Lines] = field(default_factory=dict)
    _of_user: dict[str, list[Claimant]] = field(default_factory=dict)
    _where: dict[str, Standing] = field(default_factory=dict)
    _waiting: dict[Need, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._where

    def put(self, job_id: str, sequence: int, claimant: Claimant, need: Need, since_seconds: float) -> None:
        """Stand a job in line, or move it to another; one that moves keeps the moment it came."""
        entry = QueuedJob(sequence, job_id)
        known = self._where.get(job_id)
        if known is not None:
            if (known.claimant, known.need, known.entry) == (claimant, need, entry):
                return
            self.remove(job_id)
            since_seconds = known.since_seconds
        lines = self._lines(claimant)
        _put_in(lines.all, entry)
        _put_in(lines.by_need.setdefault(need, []), entry)
        self._waiting[need] = self._waiting.get(need, 0) + 1
        self._where[job_id] = Standing(claimant, need, entry, since_seconds)

    def _lines(self, claimant: Claimant) -> _Lines:
        if claimant not in self._claimants:
            self._claimants[claimant] = _Lines()
            self._of_user.setdefault(claimant.user_id, []).append(claimant)
        return self._claimants[claimant]

    def remove(self, job_id: str) -> None:
        """Take a job out of line; unknown ones too."""
        standing = self._where.pop(job_id, None)
        if standing is None:
            return
        lines, need = self._claimants[standing.claimant], standing.need
        _take_out(lines.all, standing.entry)
        _take_out(lines.by_need[need], standing.entry)
        if not lines.by_need[need]:
            del lines.by_need[need]
        self._waiting[need] -= 1
        if not self._waiting[need]:
            del self._waiting[need]

    def serve(self, claimant: Claimant, now_seconds: float) -> None:
        """Remember that the claimant was given something now."""
        self._claimants[claimant].served_seconds = now_seconds

    def has_waiting(self, need: Need) -> bool:
        """Tell whether somebody waits with this need."""
        return need in self._waiting

    def classes(self) -> Collection[Need]:
        """Return the needs that somebody waits with."""
        return self._waiting.keys()

    def claimants(self) -> Iterator[Claimant]:
        """Yield whoever has a job in line."""
        return (claimant for claimant, lines in self._claimants.items() if lines.all)

    def claimants_of(self, user_id: str) -> Collection[Claimant]:
        """Return the claimants of one user, also those whose jobs have all left."""
        return self._of_user.get(user_id, ())

    def first(self, claimant: Claimant) -> QueuedJob:
        """Return the job that the claimant has had in line for longest; there must be one."""
        return self._claimants[claimant].all[0]

    def head(self, claimant: Claimant, needs: Collection[Need]) -> QueuedJob | None:
        """Return the claimant's first job among those with one of `needs`."""
        lines = self._claimants[claimant].by_need
        shared = [need for need in lines if need in needs] if len(lines) <= len(needs) else _in_both(needs, lines)
        return min((lines[need][0] for need in shared), default=None)

    def standing(self, job_id: str) -> Standing:
        """Return where a job that is in line stands."""
        return self._where[job_id]

    def served_seconds(self, claimant: Claimant) -> float:
        """Return when the claimant was last given something; minus infinity for never."""
        return self._claimants[claimant].served_seconds

    def count(self, claimant: Claimant) -> int:
        """Return how many jobs the claimant has in line."""
        return len(self._claimants[claimant].all)

    def count_before(self, claimant: Claimant, entry: QueuedJob) -> int:
        """Return how many of the claimant's jobs came before `entry`."""
        return bisect_left(self._claimants[claimant].all, entry)


def _put_in(line: list[QueuedJob], entry: QueuedJob) -> None:
    if not line or line[-1] < entry:
        line.append(entry)  # nearly every job is the newest
    else:
        insort(line, entry)


def _take_out(line: list[QueuedJob], entry: QueuedJob) -> None:
    del line[bisect_left(line, entry)]


def _in_both(needs: Collection[Need], lines: dict[Need, list[QueuedJob]]) -> list[Need]:
    return [need for need in needs if need in lines]
