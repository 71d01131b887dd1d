"""Who watches which job, or all of them: one slot for each watcher, so a slow one finds the latest and never a backlog.

Sequence numbers of updates begin at the wall clock's microseconds, so they go on growing over a restart, and from one
server to the one that takes over, and a watcher that comes back with an old number is told the present state at once.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.errors import StoreUnavailable

REMEMBERED_REMOVALS = 10_000
_MICROSECONDS_PER_MS = 1000


@dataclass(eq=False, slots=True)
class Watch:
    """One watcher's slot.

    Attributes:
        with_telemetry: whether new rows and log lines fill it too.
    """

    with_telemetry: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _is_closed: bool = False

    async def wait(self, seconds: float | None = None) -> bool:
        """Return True when something has changed since the last call, False after `seconds` without a change.

        Raises:
            StoreUnavailable: the server is stopping.
        """
        if self._is_closed:
            raise StoreUnavailable("the server is stopping; watch again when it is back")
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def mark_changed(self) -> None:
        """Fill the slot."""
        self._changed.set()

    def close(self) -> None:
        """Let this `wait` return, and every later one raise."""
        self._is_closed = True
        self._changed.set()


@dataclass(frozen=True, slots=True, order=True)
class ListChange:
    """A job that changed, or that is gone."""

    sequence: int
    job_id: str
    is_gone: bool = False


class Watchers:
    """Watches by job id, watches of everything, and the sequence number of each job's last update."""

    def __init__(self, started_at_ms: int) -> None:
        self._first_sequence = started_at_ms * _MICROSECONDS_PER_MS
        self._last_sequence = self._first_sequence
        self._forgotten_up_to = 0
        self._sequences: dict[str, int] = {}  # the job that changed last stands last
        self._removals: deque[ListChange] = deque()
        self._growths: dict[str, int] = {}
        self._growth_numbers = itertools.count(1)
        self._watches: dict[str, set[Watch]] = {}
        self._watches_of_all: set[Watch] = set()
        self._is_closed = False

    def __len__(self) -> int:
        """Return how many watch."""
        return sum(map(len, self._watches.values())) + len(self._watches_of_all)

    @property
    def last_sequence(self) -> int:
        """The number of the newest update of any job."""
        return self._last_sequence

    def place_of(self, sequence: int) -> int:
        """Return from where to go on for a watcher that has seen `sequence`: from there, or from the beginning.

        A number higher than any of ours was given by an earlier process, whose wall clock was ahead of ours now.
        """
        return sequence if sequence <= self._last_sequence else 0

    def sequence(self, job_id: str) -> int:
        """Return the number of the job's last update; one that never had any has the process's first number."""
        return self._sequences.get(job_id, self._first_sequence)

    def growth(self, job_id: str) -> int:
        """Return a number that changes with each row and line of a job that somebody watches, and never comes again."""
        return self._growths.get(job_id, 0)

    def watched(self) -> list[str]:
        """Return the jobs that somebody watches."""
        return list(self._watches)

    def remembers_since(self, sequence: int) -> bool:
        """Tell whether everything that changed after that update is known."""
        return max(self._first_sequence, self._forgotten_up_to) <= sequence <= self._last_sequence

    def changed_since(self, sequence: int, *, most: int) -> list[ListChange]:
        """Return the latest change of each job after that update, the oldest first, at most so many."""
        newest = itertools.takewhile(lambda pair: pair[1] > sequence, reversed(self._sequences.items()))
        changes = [ListChange(number, job_id) for job_id, number in newest]
        gone = itertools.takewhile(lambda change: change.sequence > sequence, reversed(self._removals))
        return sorted([*changes, *gone])[:most]

    def number_from(self, at_ms: int) -> None:
        """Number what changes from now on as if the process had started at `at_ms`."""
        self._last_sequence = max(self._last_sequence, at_ms * _MICROSECONDS_PER_MS)

    def job_changed(self, job_id: str) -> None:
        """Number an update of the job, and fill the slots of those who watch it."""
        self._last_sequence += 1
        self._sequences.pop(job_id, None)
        self._sequences[job_id] = self._last_sequence
        for watch in self._watches.get(job_id, ()):
            watch.mark_changed()
        self.list_changed()

    def job_removed(self, job_id: str) -> None:
        """Number the job's end in every sense, and fill the slots of those who watch it."""
        self.job_changed(job_id)
        self._removals.append(ListChange(self._sequences[job_id], job_id, is_gone=True))
        if len(self._removals) > REMEMBERED_REMOVALS:
            self._forgotten_up_to = self._removals.popleft().sequence
        if job_id not in self._watches:
            del self._sequences[job_id]

    def telemetry_grew(self, job_id: str) -> None:
        """Fill the slots of those who follow rows and lines; the job itself is as it was."""
        if watches := self._watches.get(job_id):
            self._growths[job_id] = next(self._growth_numbers)
            for watch in watches:
                if watch.with_telemetry:
                    watch.mark_changed()

    def list_changed(self) -> None:
        """Fill the slots of those who watch everything."""
        for watch in self._watches_of_all:
            watch.mark_changed()

    def begin_anew(self, at_ms: int) -> None:
        """Count every job as changed at `at_ms`, whoever numbered its updates before, and fill every slot."""
        self.number_from(at_ms)
        self._first_sequence = self._last_sequence
        self._sequences.clear()
        self._removals.clear()
        self.everything_changed()

    def everything_changed(self) -> None:
        """Fill every slot."""
        for job_id in self._watches:
            self.job_changed(job_id)
        self.list_changed()

    def close(self) -> None:
        """End every watch, now and later: the server is stopping."""
        self._is_closed = True
        for watches in (*self._watches.values(), self._watches_of_all):
            for watch in watches:
                watch.close()

    def forget(self, job_id: str) -> None:
        """Drop the job's number when nobody will ask for it again soon."""
        if job_id not in self._watches and (number := self._sequences.pop(job_id, 0)):
            self._forgotten_up_to = max(self._forgotten_up_to, number)

    @contextmanager
    def watch(self, job_id: str, *, with_telemetry: bool = False) -> Iterator[Watch]:
        """Give a slot that is filled by each update of the job until the block ends."""
        watch = self._opened(with_telemetry)
        if job_id not in self._watches:
            self._watches[job_id] = set()
            self._growths[job_id] = next(self._growth_numbers)
        self._watches[job_id].add(watch)
        try:
            yield watch
        finally:
            remaining = self._watches[job_id]
            remaining.discard(watch)
            if not remaining:
                del self._watches[job_id]
                self._growths.pop(job_id, None)

    @contextmanager
    def watch_all(self) -> Iterator[Watch]:
        """Give a slot that is filled by each update of any job or node until the block ends."""
        watch = self._opened(with_telemetry=False)
        self._watches_of_all.add(watch)
        try:
            yield watch
        finally:
            self._watches_of_all.discard(watch)

    def _opened(self, with_telemetry: bool) -> Watch:
        watch = Watch(with_telemetry)
        if self._is_closed:
            watch.close()
        return watch
