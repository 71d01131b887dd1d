"""Which rows are computed together, and when: a bounded queue, and batches gathered within a time budget. PURE.

A request may have any number of rows; it is split where a batch is full. Rows of a request that was dropped, or whose
deadline has passed, are never given out. Times are seconds of any one clock; the caller brings them.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from shared.errors import InvalidField, TooLarge, TooManyRequests


@dataclass(frozen=True, slots=True)
class BatchRules:
    """How rows are gathered.

    Attributes:
        largest_batch: rows computed together at most.
        batch_seconds: how long the first row of a batch waits for more; not at all where nothing was computed for so
            long, for then few ask.
        queue_rows: how many may wait; what is more is refused at once.
    """

    largest_batch: int
    batch_seconds: float
    queue_rows: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of one request that are computed together: `first`, and how many."""

    request: int
    first: int
    rows: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What is computed next, and which requests' deadlines were found to have passed."""

    slices: tuple[Slice, ...]
    expired: tuple[int, ...]

    @property
    def rows(self) -> int:
        """All rows together."""
        return sum(part.rows for part in self.slices)


@dataclass(slots=True)
class _Waiting:
    request: int
    rows: int
    arrived: float
    deadline: float
    given: int = 0

    @property
    def left(self) -> int:
        return self.rows - self.given


class Batcher:
    """The queue of one model; first come, first served. Used under its owner's lock."""

    def __init__(self, rules: BatchRules) -> None:
        self._rules = rules
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._taken_at = -math.inf
        self._expired: list[int] = []
        self._first_deadline = math.inf

    @property
    def rows(self) -> int:
        """How many rows wait."""
        return self._rows

    def offer(self, request: int, rows: int, *, now: float, deadline: float = math.inf) -> None:
        """Take the rows of a request.

        Raises:
            TooManyRequests: the queue is full; later there may be room.
            TooLarge: it would never fit.
        """
        if rows < 1:
            raise InvalidField("inputs must hold at least one row, got 0", field="inputs")
        room = self._rules.queue_rows
        if rows > room:
            raise TooLarge(f"a request may have at most {room} rows here, got {rows}; send fewer at once")
        if self._rows + rows > room:
            self._sweep(now)
        if self._rows + rows > room:
            raise TooManyRequests(
                f"{self._rows} rows wait already and {room} may; {rows} more are too many: try again a little later",
                retry_after_seconds=self._rules.batch_seconds,
            )
        self._waiting.append(_Waiting(request, rows, now, deadline))
        self._rows += rows
        self._first_deadline = min(self._first_deadline, deadline)

    def drop(self, request: int) -> int:
        """Forget the rows of a request that still wait; return how many."""
        for waiting in self._waiting:
            if waiting.request == request:
                self._waiting.remove(waiting)
                self._rows -= waiting.left
                return waiting.left
        return 0

    def due_at(self, now: float) -> float | None:
        """Return when the next batch should be taken: `now` where it is full already, None where nothing waits."""
        if self._expired:
            return now
        if not self._waiting:
            return None
        if self._rows >= self._rules.largest_batch:
            return now
        return max(now, min(self._waiting[0].arrived, self._taken_at) + self._rules.batch_seconds)

    def take(self, now: float) -> Batch:
        """Give out what is to be computed now: as many rows as go together, oldest first."""
        slices: list[Slice] = []
        expired, self._expired = self._expired, []
        self._taken_at = now
        room = self._rules.largest_batch
        while self._waiting and room:
            waiting = self._waiting[0]
            if waiting.deadline <= now:
                expired.append(waiting.request)
                self._rows -= waiting.left
                self._waiting.popleft()
                continue
            rows = min(room, waiting.left)
            slices.append(Slice(waiting.request, waiting.given, rows))
            waiting.given += rows
            self._rows -= rows
            room -= rows
            if not waiting.left:
                self._waiting.popleft()
        return Batch(tuple(slices), tuple(expired))

    def _sweep(self, now: float) -> None:
        """Take out what has expired wherever it waits, for the next batch to tell: it must not keep others out."""
        if now < self._first_deadline:
            return
        late = [waiting for waiting in self._waiting if waiting.deadline <= now]
        self._waiting = deque(waiting for waiting in self._waiting if waiting.deadline > now)
        self._first_deadline = min((waiting.deadline for waiting in self._waiting), default=math.inf)
        self._rows -= sum(waiting.left for waiting in late)
        self._expired += [waiting.request for waiting in late]

    def drop_all(self) -> tuple[int, ...]:
        """Forget everything that waits; return whose it was."""
        requests = tuple(waiting.request for waiting in self._waiting)
        self._waiting.clear()
        self._rows = 0
        return requests


def buckets_up_to(largest_batch: int) -> tuple[int, ...]:
    """Return the batch sizes that programs are compiled for: powers of two, and the largest itself."""
    powers = [2**power for power in range(largest_batch.bit_length()) if 2**power < largest_batch]
    return (*powers, largest_batch)
