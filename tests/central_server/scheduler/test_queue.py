"""The lines that jobs stand in."""

from __future__ import annotations

from central_server.scheduler.needs import Need
from central_server.scheduler.queue import Claimant, JobQueue
from shared.node_messages import DeviceKind

_SMALL = Need(None, 1)
_LARGE = Need(DeviceKind.CUDA, 100)
_ANN = Claimant("ann", 1)
_BEN = Claimant("ben", 1)


def a_queue(*jobs: tuple[str, int, Claimant, Need]) -> JobQueue:
    queue = JobQueue()
    for job_id, sequence, claimant, need in jobs:
        queue.put(job_id, sequence, claimant, need, since_seconds=float(sequence))
    return queue


def test_within_a_line_first_come_is_first_served() -> None:
    queue = a_queue(("late", 3, _ANN, _SMALL), ("early", 2, _ANN, _LARGE), ("other", 1, _BEN, _SMALL))
    assert queue.first(_ANN).job_id == "early"
    head = queue.head(_ANN, {_SMALL})
    assert head is not None
    assert head.job_id == "late"


def test_a_claimant_without_such_a_need_has_no_head() -> None:
    queue = a_queue(("job", 1, _ANN, _SMALL))
    assert queue.head(_ANN, {_LARGE}) is None
    assert list(queue.claimants()) == [_ANN]


def test_jobs_are_counted_by_claimant() -> None:
    queue = a_queue(("a", 1, _ANN, _LARGE), ("b", 2, _ANN, _SMALL), ("c", 3, _ANN, _SMALL), ("d", 4, _BEN, _SMALL))
    assert [queue.count(claimant) for claimant in (_ANN, _BEN)] == [3, 1]
    assert queue.count_before(_ANN, queue.standing("c").entry) == 2


def test_a_job_whose_need_changed_stands_in_one_line_only_and_keeps_its_moment() -> None:
    queue = a_queue(("job", 1, _ANN, _SMALL))
    queue.put("job", 1, _ANN, _LARGE, since_seconds=99.0)
    assert tuple(queue.classes()) == (_LARGE,)
    assert len(queue) == 1
    assert queue.standing("job").since_seconds == 1.0


def test_taking_out_an_unknown_job_does_nothing() -> None:
    queue = JobQueue()
    queue.remove("nobody")
    assert len(queue) == 0
    assert list(queue.claimants()) == []
