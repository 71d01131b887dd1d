"""Emptying a node, limits of waiting, and devices that are asked for whole."""

from __future__ import annotations

from shared.lifecycle import JobState
from shared.node_messages import Outcome, StopAttempt, StopMode
from tests.cluster_driver import ClusterDriver, held, key_of, sent


def stops(words: list[object]) -> list[StopAttempt]:
    return [word for word in words if isinstance(word, StopAttempt)]


def test_a_draining_node_takes_nothing_new_and_lets_the_old_finish() -> None:
    driver = ClusterDriver()
    driver.connect(slots=4)
    driver.submit("old")
    effects = driver.drain(within_seconds=100)
    assert not stops(list(sent(effects)))
    driver.submit("new")
    assert [driver.job(name).state for name in ("old", "new")] == [JobState.RUNNING, JobState.QUEUED]
    assert driver.cluster.waiting_reason("new") == "a is draining"
    driver.end(key_of("old"))
    assert driver.job("old").state is JobState.SUCCEEDED


def test_what_is_left_at_the_deadline_saves_itself_and_moves() -> None:
    driver = ClusterDriver()
    driver.connect("a")
    driver.submit()
    driver.connect("b")
    driver.drain("a", within_seconds=15)
    effects = driver.wait(15)
    assert [(stop.key, stop.mode) for stop in stops(list(sent(effects)))] == [(key_of(), StopMode.CHECKPOINT)]
    driver.end(key_of(), Outcome.PREEMPTED, checkpoint_step=4)
    assert [attempt.node_id for attempt in driver.job().attempts] == ["a", "b"]


def test_a_node_drains_on_through_restarts_of_both_sides() -> None:
    driver = ClusterDriver()
    driver.connect("a")
    driver.submit()
    driver.drain("a", within_seconds=15)
    driver.restart()
    effects = driver.connect("a", held=(held(key_of()),))
    effects += driver.wait(15)
    assert [stop.key for stop in stops(list(sent(effects)))] == [key_of()]


def test_an_undrained_node_takes_work_again_and_stops_nobody() -> None:
    driver = ClusterDriver()
    driver.connect("a", slots=4)
    driver.submit("old")
    driver.drain("a", within_seconds=15)
    driver.submit("new")
    driver.undrain("a")
    assert driver.job("new").state is JobState.RUNNING
    effects = driver.wait(10)
    driver.heartbeat(key_of("old"), key_of("new"))
    effects += driver.wait(10)
    assert not stops(list(sent(effects)))


def test_a_job_that_may_not_wait_longer_fails_with_the_reason_it_waited_for() -> None:
    driver = ClusterDriver()
    driver.connect()
    driver.submit(device="cuda", wait_timeout_seconds=30)
    driver.wait(29)
    driver.heartbeat()
    assert driver.job().state is JobState.QUEUED
    driver.wait(1)
    assert driver.job().state is JobState.FAILED
    error = driver.job().error
    assert error is not None
    assert "30" in error.message


def test_the_limit_of_waiting_ends_with_the_first_attempt() -> None:
    driver = ClusterDriver()
    driver.connect()
    driver.submit(wait_timeout_seconds=30)
    for _ in range(5):
        driver.wait(10)
        driver.heartbeat(key_of())
    assert driver.job().state is JobState.RUNNING


def test_a_whole_device_is_shared_with_nobody_before_or_after() -> None:
    driver = ClusterDriver()
    driver.connect(slots=4)
    driver.submit("small")
    driver.submit("whole", resources={"memory_bytes": 1, "whole_device": True})
    assert driver.job("whole").state is JobState.QUEUED
    assert driver.cluster.waiting_reason("whole") == "it wants cpu:0 of a whole, and 1 others hold it"
    driver.end(key_of("small"))
    assert driver.job("whole").state is JobState.RUNNING
    driver.submit("late")
    assert driver.cluster.waiting_reason("late") == "cpu:0 of a is held whole by another job"
    driver.end(key_of("whole"))
    assert driver.job("late").state is JobState.RUNNING
