"""A replica with a model of the test's own: who gets which answer, and what happens when it stops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import numpy as np
import pytest

from server_node.serving.batcher import BatchRules
from server_node.serving.replica import Ask, Replica
from server_node.serving.served_model import ModelFace, Rows, ValueSpec
from shared.errors import DeadlinePassed, MachineFailure, OutOfMemory, TooManyRequests

ROW = ValueSpec("input", (2,), np.dtype(np.float32))
RULES = BatchRules(largest_batch=4, batch_seconds=0.0, queue_rows=8)


class Doubling:
    """Gives twice what it gets; each batch waits for `may_go`."""

    memory_bytes = 1
    face = ModelFace((ROW,), (ROW,))

    def __init__(self) -> None:
        self.may_go = Event()
        self.may_go.set()
        self.sizes: list[int] = []
        self.failure: Exception | None = None

    def compute(self, inputs: tuple[Rows, ...]) -> tuple[Rows, ...]:
        assert self.may_go.wait(5)
        self.sizes.append(len(inputs[0]))
        if self.failure:
            raise self.failure
        return (inputs[0] * 2,)


class Bench:
    def __init__(self, rules: BatchRules = RULES) -> None:
        self.model = Doubling()
        self.finished: list[Ask] = []
        self.replica = Replica("m", self.model, rules, deliver=self.finished.extend)

    def ask(self, *values: float, seconds_left: float = 60.0) -> Ask:
        rows = np.array([[value, value] for value in values], np.float32)
        return self.replica.ask((rows,), tell=None, seconds_left=seconds_left)

    def work(self) -> None:
        self.replica.work(60, lambda: not self.replica.served().queue_rows)


@contextmanager
def computing(bench: Bench) -> Iterator[Event]:
    stop = Event()
    thread = Thread(target=lambda: bench.replica.work(60, stop.is_set))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def test_rows_of_several_requests_are_computed_together_and_each_gets_its_own() -> None:
    bench = Bench()
    one, two = bench.ask(1), bench.ask(2, 3)
    bench.work()
    assert bench.model.sizes == [3]
    assert bench.finished == [one, two]
    assert (one.outputs[0][:, 0].tolist(), two.outputs[0][:, 0].tolist()) == ([2], [4, 6])


def test_the_latency_is_still_told_when_nobody_has_asked_since() -> None:
    bench = Bench()
    assert bench.replica.served().latency_ms == 0
    bench.ask(1)
    bench.replica.work(60, lambda: bool(bench.finished))
    measured = bench.replica.served().latency_ms
    assert measured > 0
    assert bench.replica.served().latency_ms == measured


def test_a_request_larger_than_a_batch_is_answered_whole() -> None:
    bench = Bench()
    ask = bench.ask(*range(7))
    bench.work()
    assert bench.model.sizes == [4, 3]
    assert ask.outputs[0][:, 1].tolist() == [0, 2, 4, 6, 8, 10, 12]


def test_rows_of_a_caller_who_went_away_are_not_computed() -> None:
    bench = Bench()
    gone, stays = bench.ask(1, 2), bench.ask(3)
    bench.replica.drop(gone)
    bench.work()
    assert (bench.model.sizes, bench.finished) == ([1], [stays])


def test_rows_past_their_deadline_are_not_computed() -> None:
    bench = Bench()
    late = bench.ask(1, seconds_left=-1.0)
    bench.work()
    bench.replica.drain(1)
    assert bench.model.sizes == []
    assert bench.finished == [late]
    assert isinstance(late.error, DeadlinePassed)


def test_what_the_device_refuses_is_told_to_those_who_asked_and_the_next_are_answered() -> None:
    bench = Bench()
    bench.model.failure = OutOfMemory("no room")
    refused = bench.ask(*range(6))
    bench.work()
    bench.model.failure = None
    answered = bench.ask(1)
    bench.work()
    assert (str(refused.error), answered.error) == ("no room", None)
    assert bench.finished == [refused, answered]


def test_a_failure_that_nobody_meant_answers_everyone_and_ends_the_replica() -> None:
    bench = Bench()
    bench.model.failure = ValueError("surprise")
    asks = [bench.ask(*range(4)), bench.ask(1)]
    with pytest.raises(ValueError, match="surprise"):
        bench.work()
    bench.replica.drain(1)
    assert bench.finished == asks
    assert all(isinstance(ask.error, MachineFailure) for ask in asks)


def test_a_stop_answers_what_was_taken_and_refuses_what_comes() -> None:
    bench = Bench()
    bench.model.may_go.clear()
    with computing(bench) as stop:
        asks = [bench.ask(*range(4)), bench.ask(5)]
        stop.set()
        bench.model.may_go.set()
    bench.replica.drain(1)
    assert sorted(ask.number for ask in bench.finished) == [ask.number for ask in asks]
    assert all(ask.error is None for ask in asks)
    with pytest.raises(MachineFailure, match="stopping"):
        bench.ask(1)


def test_a_stop_does_not_wait_for_a_device_that_takes_long() -> None:
    bench = Bench()
    ask = bench.ask(*range(8))
    bench.replica.drain(0)
    assert (bench.model.sizes, bench.finished) == ([], [ask])
    assert isinstance(ask.error, MachineFailure)


def test_under_twice_the_load_what_is_taken_is_answered_and_the_rest_is_refused_at_once() -> None:
    bench = Bench()
    taken, refused = [], 0
    with computing(bench):
        for number in range(400):
            try:
                taken.append(bench.ask(number))
            except TooManyRequests:
                refused += 1
    bench.replica.drain(5)
    assert len(taken) + refused == 400
    assert {ask.number for ask in bench.finished} == {ask.number for ask in taken}
    assert all(ask.error is None and ask.outputs[0].shape == (1, 2) for ask in taken)
    assert bench.replica.served().requests == len(taken)
