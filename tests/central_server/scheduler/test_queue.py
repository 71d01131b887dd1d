"""Who is next."""

from __future__ import annotations

from central_server.scheduler.needs import Need
from central_server.scheduler.queue import JobQueue, Rank
from shared.node_messages import DeviceKind

_SMALL = Need(None, 1)
_LARGE = Need(DeviceKind.CUDA, 100)


def test_higher_priority_goes_first_and_then_first_come() -> None:
    queue = JobQueue()
    for job_id, priority, sequence in [("late", 1, 3), ("early", 1, 2), ("urgent", 3, 9)]:
        queue.put(job_id, Rank(-priority, sequence), _SMALL)
    order = []
    while (head := queue.head(_SMALL)) is not None:
        order.append(head.job_id)
        queue.remove(head.job_id)
    assert order == ["urgent", "early", "late"]


def test_jobs_ahead_are_counted_over_all_classes() -> None:
    queue = JobQueue()
    queue.put("large", Rank(0, 1), _LARGE)
    queue.put("small", Rank(0, 2), _SMALL)
    queue.put("last", Rank(0, 3), _SMALL)
    assert [queue.count_ahead_of(job_id) for job_id in ("large", "small", "last")] == [0, 1, 2]


def test_a_job_whose_need_changed_stands_in_one_line_only() -> None:
    queue = JobQueue()
    queue.put("job", Rank(0, 1), _SMALL)
    queue.put("job", Rank(0, 1), _LARGE)
    assert queue.classes() == (_LARGE,)
    assert len(queue) == 1


def test_taking_out_an_unknown_job_does_nothing() -> None:
    queue = JobQueue()
    queue.remove("nobody")
    assert len(queue) == 0
    assert queue.head(_SMALL) is None
