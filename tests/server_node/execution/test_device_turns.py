"""How attempts share a device by weight."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from server_node.execution import device_turns
from server_node.execution.device_turns import DeviceTurns

_CHUNK_SECONDS = 0.002


def _never() -> bool:
    return False


def _chunks_side_by_side(weights: list[int], seconds: float) -> list[int]:
    """Let attempts of these weights share one device for a while; return how many chunks each computed."""
    turns, counts, until = DeviceTurns(), [0] * len(weights), time.monotonic() + seconds
    together = threading.Barrier(len(weights))

    def attempt(number: int) -> None:
        with turns.share("cpu:0", weights[number]) as turn:
            together.wait()
            while time.monotonic() < until:
                turn.wait(_never)
                time.sleep(_CHUNK_SECONDS)
                turn.used(_CHUNK_SECONDS)
                counts[number] += 1

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(len(weights))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts


def test_time_is_shared_by_weight() -> None:
    light, heavy = _chunks_side_by_side([1, 4], seconds=0.6)
    assert 2.5 < heavy / light < 6.0


def test_attempts_of_equal_weight_do_not_wait_for_each_other() -> None:
    turns = DeviceTurns()
    with turns.share("cpu:0", 1) as first, turns.share("cpu:0", 1):
        first.used(100.0)
        assert _seconds_of(lambda: first.wait(_never)) < 0.1


def test_one_that_is_ahead_of_a_heavier_one_waits_until_that_has_had_its_share() -> None:
    turns = DeviceTurns()
    with turns.share("cpu:0", 1) as light, turns.share("cpu:0", 2) as heavy:
        light.used(1.0)
        waiting = threading.Thread(target=light.wait, args=(_never,))
        waiting.start()
        heavy.used(1.9)
        waiting.join(0.1)
        assert waiting.is_alive()
        heavy.used(0.2)
        waiting.join(1.0)
        assert not waiting.is_alive()


def test_one_that_leaves_holds_up_nobody() -> None:
    turns = DeviceTurns()
    with turns.share("cpu:0", 1) as light:
        with turns.share("cpu:0", 2):
            light.used(1.0)
        assert _seconds_of(lambda: light.wait(_never)) < 0.1


def test_a_newcomer_neither_waits_for_the_past_nor_makes_others_pay_for_it() -> None:
    turns = DeviceTurns()
    with turns.share("cpu:0", 2) as old:
        old.used(1000.0)
        with turns.share("cpu:0", 1) as new:
            assert _seconds_of(lambda: new.wait(_never)) < 0.1
            assert _seconds_of(lambda: old.wait(_never)) < 0.1


def test_devices_know_nothing_of_each_other() -> None:
    turns = DeviceTurns()
    with turns.share("cuda:0", 1) as light, turns.share("cuda:1", 8):
        light.used(1.0)
        assert _seconds_of(lambda: light.wait(_never)) < 0.1


def test_a_stop_ends_the_waiting_at_once() -> None:
    turns = DeviceTurns()
    with turns.share("cpu:0", 1) as light, turns.share("cpu:0", 8):
        light.used(1.0)
        assert _seconds_of(lambda: light.wait(lambda: True)) < 0.1


def test_waiting_ends_though_the_heavier_one_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_turns, "LONGEST_WAIT_SECONDS", 0.05)
    turns = DeviceTurns()
    with turns.share("cpu:0", 1) as light, turns.share("cpu:0", 8):
        light.used(1.0)
        assert 0.04 < _seconds_of(lambda: light.wait(_never)) < 1.0


def _seconds_of(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started
