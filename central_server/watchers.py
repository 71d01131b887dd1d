"""Who watches which job: one slot for each watcher, so a slow one finds the latest and never a backlog.

Sequence numbers of updates begin at the wall clock's microseconds, so they go on growing over a restart, and from one
server to the one that takes over, and a watcher that comes back with an old number is told the present state at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.errors import StoreUnavailable

_MICROSECONDS_PER_MS = 1000


@dataclass(eq=False, slots=True)
class Watch:
    """One watcher's slot."""

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


class Watchers:
    """Watches by job id, and the sequence number of each job's last update."""

    def __init__(self, started_at_ms: int) -> None:
        self._first_sequence = started_at_ms * _MICROSECONDS_PER_MS
        self._last_sequence = self._first_sequence
        self._sequences: dict[str, int] = {}
        self._watches: dict[str, set[Watch]] = {}
        self._is_closed = False

    def place_of(self, sequence: int) -> int:
        """Return from where to go on for a watcher that has seen `sequence`: from there, or from the beginning.

        A number higher than any of ours was given by an earlier process, whose wall clock was ahead of ours now.
        """
        return sequence if sequence <= self._last_sequence else 0

    def sequence(self, job_id: str) -> int:
        """Return the number of the job's last update; one that never had any has the process's first number."""
        return self._sequences.get(job_id, self._first_sequence)

    def watched(self) -> list[str]:
        """Return the jobs that somebody watches."""
        return list(self._watches)

    def number_from(self, at_ms: int) -> None:
        """Number what changes from now on as if the process had started at `at_ms`."""
        self._last_sequence = max(self._last_sequence, at_ms * _MICROSECONDS_PER_MS)

    def job_changed(self, job_id: str) -> None:
        """Number an update of the job, and fill the slots of those who watch it."""
        self._last_sequence += 1
        self._sequences[job_id] = self._last_sequence
        self.log_grew(job_id)

    def log_grew(self, job_id: str) -> None:
        """Fill the slots without a new number: the job itself is as it was."""
        for watch in self._watches.get(job_id, ()):
            watch.mark_changed()

    def begin_anew(self, at_ms: int) -> None:
        """Count every job as changed at `at_ms`, whoever numbered its updates before, and fill every slot."""
        self.number_from(at_ms)
        self._first_sequence = self._last_sequence
        self._sequences.clear()
        self.everything_changed()

    def everything_changed(self) -> None:
        """Fill every slot."""
        for job_id in self._watches:
            self.job_changed(job_id)

    def close(self) -> None:
        """End every watch, now and later: the server is stopping."""
        self._is_closed = True
        for watches in self._watches.values():
            for watch in watches:
                watch.close()

    def forget(self, job_id: str) -> None:
        """Drop the job's number when nobody will ask for it again soon."""
        if job_id not in self._watches:
            self._sequences.pop(job_id, None)

    @contextmanager
    def watch(self, job_id: str) -> Iterator[Watch]:
        """Give a slot that is filled by each update of the job until the block ends."""
        watch = Watch()
        if self._is_closed:
            watch.close()
        self._watches.setdefault(job_id, set()).add(watch)
        try:
            yield watch
        finally:
            remaining = self._watches[job_id]
            remaining.discard(watch)
            if not remaining:
                del self._watches[job_id]
