"""Devices that are kept free for a job that could not start yet, so that smaller ones do not always come first.

One device for one job, and one on a node at most. `keeping` gives them (the first in line has waited for long) and so
does `preemption` (others were asked to make room); one ends when its job has started, or no longer waits, or the node
cannot take it any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reservation:
    """A device, and whom it is kept for; `is_for_patience` when nobody was stopped for it."""

    job_id: str
    node_id: str
    device_id: str
    is_for_patience: bool = False


@dataclass(slots=True)
class Reservations:
    """Who has what."""

    _of_job: dict[str, Reservation] = field(default_factory=dict)
    _of_node: dict[str, Reservation] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Reservation]:
        return iter(tuple(self._of_job.values()))

    def keep(self, reservation: Reservation) -> None:
        """Keep a device on a node where nothing is kept, for a job that has none."""
        assert reservation.node_id not in self._of_node
        assert reservation.job_id not in self._of_job
        self._of_job[reservation.job_id] = reservation
        self._of_node[reservation.node_id] = reservation

    def drop(self, job_id: str) -> Reservation | None:
        """Give up what the job has, and return it."""
        dropped = self._of_job.pop(job_id, None)
        if dropped is not None:
            del self._of_node[dropped.node_id]
        return dropped

    def of_job(self, job_id: str) -> Reservation | None:
        """Return what is kept for the job."""
        return self._of_job.get(job_id)

    def of_node(self, node_id: str) -> Reservation | None:
        """Return what is kept on the node."""
        return self._of_node.get(node_id)
