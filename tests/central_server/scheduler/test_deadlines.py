"""The heap of deadlines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from central_server.scheduler.deadlines import Deadlines, LeaseEnds, RetryDue
from shared.identifiers import AttemptKey

_LEASE = LeaseEnds(AttemptKey("j", 1))
_RETRY = RetryDue("j")


def test_deadlines_come_earliest_first_and_then_in_the_order_they_were_set() -> None:
    deadlines = Deadlines()
    deadlines.set(_RETRY, 5.0)
    deadlines.set(_LEASE, 3.0)
    deadlines.set(RetryDue("k"), 3.0)
    assert list(deadlines.pop_due(10.0)) == [_LEASE, RetryDue("k"), _RETRY]


def test_a_renewed_deadline_is_due_at_its_last_moment_only() -> None:
    deadlines = Deadlines()
    deadlines.set(_LEASE, 3.0)
    deadlines.set(_LEASE, 9.0)
    assert deadlines.next_seconds() == 9.0
    assert list(deadlines.pop_due(8.0)) == []
    assert list(deadlines.pop_due(9.0)) == [_LEASE]


def test_a_cancelled_deadline_never_comes() -> None:
    deadlines = Deadlines()
    deadlines.set(_LEASE, 3.0)
    deadlines.cancel(_LEASE)
    deadlines.cancel(_RETRY)
    assert deadlines.next_seconds() is None
    assert list(deadlines.pop_due(10.0)) == []


def test_a_deadline_that_is_due_may_cancel_the_next() -> None:
    deadlines = Deadlines()
    deadlines.set(_LEASE, 1.0)
    deadlines.set(_RETRY, 2.0)
    seen = []
    for deadline in deadlines.pop_due(5.0):
        seen.append(deadline)
        deadlines.cancel(_RETRY)
    assert seen == [_LEASE]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 20)))))
def test_it_agrees_with_a_plain_dictionary(steps: list[tuple[str, int | None]]) -> None:
    deadlines = Deadlines()
    plain: dict[str, int] = {}
    for name, at in steps:
        if at is None:
            deadlines.cancel(RetryDue(name))
            plain.pop(name, None)
        else:
            deadlines.set(RetryDue(name), at)
            plain[name] = at
        assert deadlines.next_seconds() == min(plain.values(), default=None)
    due = [deadline.job_id for deadline in deadlines.pop_due(10) if isinstance(deadline, RetryDue)]
    assert sorted(due) == sorted(name for name, at in plain.items() if at <= 10)
    assert [plain[name] for name in due] == sorted(plain[name] for name in due)
