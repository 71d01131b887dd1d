"""How long the next try waits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.backoff import Backoff


def test_the_longest_wait_doubles_up_to_the_cap() -> None:
    backoff = Backoff(first_seconds=1.0, cap_seconds=5.0, floor_seconds=0.0)
    assert [backoff.wait_seconds(failures, 1.0) for failures in range(1, 6)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_jitter_spreads_waits_over_the_whole_range() -> None:
    backoff = Backoff(first_seconds=4.0, cap_seconds=60.0, floor_seconds=0.0)
    assert backoff.wait_seconds(1, 0.25) == 1.0


@given(failures=st.integers(1, 10**9), uniform=st.floats(0, 1, exclude_max=True))
def test_every_wait_lies_between_floor_and_cap(failures: int, uniform: float) -> None:
    assert 0.05 <= Backoff().wait_seconds(failures, uniform) <= 5.0
