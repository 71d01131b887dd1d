"""The queue of rows against what it promises, with a clock of the tests' own."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_node.serving.batcher import Batcher, BatchRules, buckets_up_to
from shared.errors import TooLarge, TooManyRequests

RULES = BatchRules(largest_batch=8, batch_seconds=0.001, queue_rows=20)
STEPS = st.one_of(
    st.tuples(st.just("offer"), st.integers(1, 24), st.sampled_from([math.inf, 0.0005, 0.01])),
    st.tuples(st.just("take"), st.just(0), st.just(0.0)),
    st.tuples(st.just("wait"), st.integers(1, 30), st.just(0.0)),
    st.tuples(st.just("drop"), st.integers(0, 30), st.just(0.0)),
)


@given(st.lists(STEPS, max_size=60))
def test_every_row_that_was_taken_is_given_once_and_in_order_or_dropped_or_expired(
    steps: list[tuple[str, int, float]],
) -> None:
    batcher, now = Batcher(RULES), 0.0
    asked: dict[int, tuple[int, float]] = {}
    given_rows: dict[int, int] = {}
    gone: set[int] = set()
    for number, (kind, count, seconds) in enumerate([*steps, *[("take", 0, 0.0)] * 30]):
        if kind == "offer":
            before = batcher.rows
            try:
                batcher.offer(number, count, now=now, deadline=now + seconds)
                asked[number] = (count, now + seconds)
            except (TooManyRequests, TooLarge):
                assert before + count > RULES.queue_rows
                assert batcher.rows <= before  # what has expired is swept out on the way
                assert batcher.rows + count > RULES.queue_rows
        elif kind == "wait":
            now += count / 10_000
        elif kind == "drop":
            batcher.drop(count)
            gone.update({count} & asked.keys())
        else:
            batch = batcher.take(now)
            assert batch.rows <= RULES.largest_batch
            for request in batch.expired:
                assert asked[request][1] <= now
                gone.add(request)
            for part in batch.slices:
                assert part.request not in gone
                assert asked[part.request][1] > now
                assert part.first == given_rows.get(part.request, 0)
                given_rows[part.request] = part.first + part.rows
        assert 0 <= batcher.rows <= RULES.queue_rows
    assert batcher.rows == 0
    assert all(given_rows.get(request) == rows for request, (rows, _) in asked.items() if request not in gone)


def test_a_batch_waits_for_its_budget_and_no_longer() -> None:
    batcher = Batcher(RULES)
    assert batcher.due_at(0.0) is None
    batcher.take(5.0)
    batcher.offer(1, 1, now=5.0002)
    batcher.offer(2, 1, now=5.0005)
    assert batcher.due_at(5.0005) == 5.001
    assert batcher.due_at(6.0) == 6.0


def test_a_row_that_comes_when_nothing_was_computed_for_a_while_waits_for_no_other() -> None:
    batcher = Batcher(RULES)
    batcher.offer(1, 1, now=5.0)
    assert batcher.due_at(5.0) == 5.0
    batcher.take(5.0)
    batcher.offer(2, 1, now=5.002)
    assert batcher.due_at(5.002) == 5.002


def test_rows_that_have_expired_in_the_middle_of_the_queue_keep_nobody_out() -> None:
    batcher = Batcher(RULES)
    batcher.offer(1, 8, now=0.0)
    batcher.offer(2, 12, now=0.0, deadline=1.0)
    with pytest.raises(TooManyRequests):
        batcher.offer(3, 12, now=0.9)
    batcher.offer(3, 12, now=1.0)
    assert batcher.rows == 20
    assert batcher.due_at(1.0) == 1.0
    batch = batcher.take(1.0)
    assert (batch.expired, [part.request for part in batch.slices]) == ((2,), [1])
    assert [part.request for part in batcher.take(1.0).slices] == [3]


def test_a_full_batch_is_due_at_once_and_takes_a_part_of_the_last_request() -> None:
    batcher = Batcher(RULES)
    batcher.offer(1, 3, now=0.0)
    batcher.offer(2, 7, now=0.0)
    assert batcher.due_at(0.0) == 0.0
    assert [(part.request, part.first, part.rows) for part in batcher.take(0.0).slices] == [(1, 0, 3), (2, 0, 5)]
    assert [(part.request, part.first, part.rows) for part in batcher.take(0.0).slices] == [(2, 5, 2)]


def test_too_many_rows_are_told_from_rows_that_would_never_fit() -> None:
    batcher = Batcher(RULES)
    batcher.offer(1, 20, now=0.0)
    with pytest.raises(TooManyRequests, match="20 rows wait already and 20 may"):
        batcher.offer(2, 1, now=0.0)
    with pytest.raises(TooLarge, match="at most 20 rows here, got 21"):
        batcher.offer(3, 21, now=0.0)


@given(st.integers(1, 4096))
def test_the_sizes_of_batches_double_up_to_the_largest(largest: int) -> None:
    sizes = buckets_up_to(largest)
    assert sizes[-1] == largest
    assert all(small < large <= 2 * small for small, large in pairwise(sizes))
