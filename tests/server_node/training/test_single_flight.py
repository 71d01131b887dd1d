"""The cache in which equal requests made at once make the value once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from server_node.training.single_flight import SingleFlightCache
from server_node.training.stopping import TrainingStopped, never_stop

WAIT_SECONDS = 10.0


def a_cache(limit: int = 100) -> SingleFlightCache[int]:
    return SingleFlightCache(limit, size_bytes=lambda value: value)


def test_callers_at_once_share_one_making() -> None:
    cache, begun, may_end, made = a_cache(), threading.Event(), threading.Event(), []

    def make() -> int:
        begun.set()
        assert may_end.wait(WAIT_SECONDS)
        made.append(1)
        return 7

    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(cache.get, "a", make, never_stop) for _ in range(3)]
        assert begun.wait(WAIT_SECONDS)
        may_end.set()
        assert [call.result(WAIT_SECONDS) for call in waiting] == [7, 7, 7]
    assert made == [1]


def test_a_failed_making_is_tried_again_by_whoever_waits() -> None:
    cache, begun, may_fail = a_cache(), threading.Event(), threading.Event()

    def fail() -> int:
        begun.set()
        assert may_fail.wait(WAIT_SECONDS)
        raise RuntimeError("no")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get, "a", fail, never_stop)
        assert begun.wait(WAIT_SECONDS)
        second = threads.submit(cache.get, "a", lambda: 3, never_stop)
        may_fail.set()
        with pytest.raises(RuntimeError):
            first.result(WAIT_SECONDS)
        assert second.result(WAIT_SECONDS) == 3


def test_who_waits_can_stop_while_the_making_goes_on() -> None:
    cache, begun, may_end = a_cache(), threading.Event(), threading.Event()

    def make() -> int:
        begun.set()
        assert may_end.wait(WAIT_SECONDS)
        return 7

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(cache.get, "a", make, never_stop)
        assert begun.wait(WAIT_SECONDS)
        with pytest.raises(TrainingStopped):
            cache.get("a", make, lambda: True)
        may_end.set()
        assert first.result(WAIT_SECONDS) == 7


def test_what_was_used_longest_ago_goes_first() -> None:
    cache = a_cache(limit=10)
    for name in ("a", "b"):
        cache.get(name, lambda: 4, never_stop)
    cache.get("a", lambda: 4, never_stop)
    cache.get("c", lambda: 4, never_stop)
    assert ("a" in cache, "b" in cache, "c" in cache) == (True, False, True)


def test_a_value_over_the_limit_is_given_and_goes_next() -> None:
    cache = a_cache(limit=10)
    assert cache.get("big", lambda: 40, never_stop) == 40
    cache.get("small", lambda: 1, never_stop)
    assert ("big" in cache, "small" in cache) == (False, True)
