"""Every moment at which the core must act by itself, in one heap of monotonic seconds.

A deadline that is moved later (a lease renewed) costs a dictionary write: its old heap entry is corrected only when it
comes to the top. Nothing here knows what a deadline means; `expiries` does.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.identifiers import AttemptKey


@dataclass(frozen=True, slots=True)
class LeaseEnds:
    """The node's right to run this attempt."""

    key: AttemptKey


@dataclass(frozen=True, slots=True)
class RunTimesOut:
    """The job has run for as long as it may."""

    job_id: str


@dataclass(frozen=True, slots=True)
class RetryDue:
    """The wait before the job's next attempt is over."""

    job_id: str


@dataclass(frozen=True, slots=True)
class AvoidanceEnds:
    """The job may be offered to this node again."""

    job_id: str
    node_id: str


@dataclass(frozen=True, slots=True)
class PlanExpires:
    """The node that was asked for a plan has not answered."""

    request_id: str


@dataclass(frozen=True, slots=True)
class WaitTimesOut:
    """The job has waited for its first attempt for as long as it may."""

    job_id: str


@dataclass(frozen=True, slots=True)
class DrainEnds:
    """What still runs on the node is to move."""

    node_id: str


@dataclass(frozen=True, slots=True)
class PatienceEnds:
    """Whoever is first in line may have a device kept free for it."""


Deadline = LeaseEnds | RunTimesOut | WaitTimesOut | RetryDue | AvoidanceEnds | PlanExpires | DrainEnds | PatienceEnds


@dataclass(slots=True)
class Deadlines:
    """What is due when. Deadlines of one moment come in the order in which they were set."""

    _due_seconds: dict[Deadline, float] = field(default_factory=dict)
    _heap: list[tuple[float, int, Deadline]] = field(default_factory=list)
    _heap_seconds: dict[Deadline, float] = field(default_factory=dict)
    _count: int = 0

    def __contains__(self, deadline: Deadline) -> bool:
        return deadline in self._due_seconds

    def __iter__(self) -> Iterator[Deadline]:
        return iter(self._due_seconds)

    def set(self, deadline: Deadline, at_seconds: float) -> None:
        """Make `deadline` due at `at_seconds`, in place of any earlier wish."""
        self._due_seconds[deadline] = at_seconds
        in_heap = self._heap_seconds.get(deadline)
        if in_heap is None or at_seconds < in_heap:
            self._push(deadline, at_seconds)

    def cancel(self, deadline: Deadline) -> None:
        """Forget `deadline`; unknown ones too."""
        self._due_seconds.pop(deadline, None)

    def due_seconds(self, deadline: Deadline) -> float | None:
        """Return when `deadline` is due, None when it is not set."""
        return self._due_seconds.get(deadline)

    def next_seconds(self) -> float | None:
        """Return when the next deadline is due, None when there is none."""
        self._settle_top()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_seconds: float) -> Iterator[Deadline]:
        """Yield what is due by now, earliest first; a deadline cancelled meanwhile is not yielded."""
        while (due := self.next_seconds()) is not None and due <= now_seconds:
            _, _, deadline = heapq.heappop(self._heap)
            del self._heap_seconds[deadline]
            del self._due_seconds[deadline]
            yield deadline

    def _push(self, deadline: Deadline, at_seconds: float) -> None:
        self._count += 1
        self._heap_seconds[deadline] = at_seconds
        heapq.heappush(self._heap, (at_seconds, self._count, deadline))

    def _settle_top(self) -> None:
        """Drop or correct stale entries until the top one is what its deadline says."""
        while self._heap:
            in_heap, _, deadline = self._heap[0]
            is_newest = self._heap_seconds.get(deadline) == in_heap
            wanted = self._due_seconds.get(deadline)
            if is_newest and wanted == in_heap:
                return
            heapq.heappop(self._heap)
            if is_newest:
                del self._heap_seconds[deadline]
                if wanted is not None:
                    self._push(deadline, wanted)
