"""Keeping a place for a large job that small ones would starve, and stopping lesser jobs for an urgent one."""

from __future__ import annotations

from central_server.scheduler.cluster_settings import ClusterSettings
from shared.lifecycle import AttemptState, JobState
from shared.node_messages import Outcome, StopAttempt, StopMode
from tests.builders import GIB
from tests.cluster_driver import ClusterDriver, key_of, sent

_PATIENCE = ClusterSettings(reservation_seconds=30.0)


def states(driver: ClusterDriver, *job_ids: str) -> list[JobState]:
    return [driver.job(job_id).state for job_id in job_ids]


def test_a_large_job_is_not_starved_by_small_ones() -> None:
    driver = ClusterDriver(_PATIENCE)
    driver.connect(memory_bytes=4 * GIB, slots=4)
    driver.submit("small-0", memory_bytes=2 * GIB)
    driver.submit("large", memory_bytes=4 * GIB)
    for number in range(1, 6):  # always one more small job that would fit
        driver.submit(f"small-{number}", memory_bytes=2 * GIB)
    for _ in range(10):
        driver.wait(10)
        running = [job_id for job_id, job in driver.jobs.items() if job.state is JobState.RUNNING]
        driver.heartbeat(*(key_of(job_id) for job_id in running))
        if "large" in running:
            break
        driver.end(key_of(running[0]))
    assert driver.job("large").state is JobState.RUNNING


def test_a_small_job_is_told_for_whom_the_place_is_kept() -> None:
    driver = ClusterDriver(_PATIENCE)
    driver.connect(memory_bytes=4 * GIB, slots=4)
    driver.submit("small", memory_bytes=1 * GIB)
    driver.submit("large", memory_bytes=4 * GIB)
    for _ in range(4):
        driver.wait(10)
        driver.heartbeat(key_of("small"))
    driver.submit("late", memory_bytes=1 * GIB)
    assert driver.job("late").state is JobState.QUEUED
    assert "cpu:0 of a is kept free for large" in driver.cluster.waiting_reason("late")


def test_before_its_patience_ends_small_jobs_go_by() -> None:
    driver = ClusterDriver(_PATIENCE)
    driver.connect(memory_bytes=4 * GIB, slots=4)
    driver.submit("small", memory_bytes=1 * GIB)
    driver.submit("large", memory_bytes=4 * GIB)
    driver.wait(10)
    driver.submit("next", memory_bytes=1 * GIB)
    assert driver.job("next").state is JobState.RUNNING


def test_what_no_node_could_ever_hold_keeps_nothing_free() -> None:
    driver = ClusterDriver(_PATIENCE)
    driver.connect(memory_bytes=4 * GIB, slots=4)
    driver.submit("impossible", memory_bytes=40 * GIB)
    driver.submit("running", memory_bytes=1 * GIB)
    for _ in range(6):
        driver.wait(10)
        driver.heartbeat(key_of("running"))
    driver.submit("small", memory_bytes=1 * GIB)
    assert driver.job("small").state is JobState.RUNNING


def test_the_place_is_open_again_when_the_large_job_is_cancelled() -> None:
    driver = ClusterDriver(_PATIENCE)
    driver.connect(memory_bytes=4 * GIB, slots=4)
    driver.submit("small", memory_bytes=1 * GIB)
    driver.submit("large", memory_bytes=4 * GIB)
    for _ in range(4):
        driver.wait(10)
        driver.heartbeat(key_of("small"))
    driver.submit("late", memory_bytes=1 * GIB)
    driver.cancel("large")
    assert driver.job("late").state is JobState.RUNNING


def test_an_urgent_job_stops_a_lesser_one_by_checkpoint_and_takes_its_place() -> None:
    driver = ClusterDriver()
    driver.connect(slots=1)
    driver.submit("usual")
    stops = [word for word in sent(driver.submit("urgent", priority="high")) if isinstance(word, StopAttempt)]
    assert [(stop.key, stop.mode) for stop in stops] == [(key_of("usual"), StopMode.CHECKPOINT)]
    assert "makes room for urgent" in driver.job("usual").reason
    driver.end(key_of("usual"), Outcome.PREEMPTED, checkpoint_step=7)
    assert states(driver, "usual", "urgent") == [JobState.QUEUED, JobState.RUNNING]
    driver.end(key_of("urgent"))
    assert driver.job("usual").state is JobState.RUNNING
    assert driver.job("usual").attempts[0].state is AttemptState.PREEMPTED


def test_the_place_that_was_made_is_nobody_elses() -> None:
    driver = ClusterDriver()
    driver.connect(slots=1)
    driver.submit("usual", user_id="ann")
    driver.submit("urgent", priority="high", user_id="ann")
    driver.submit("as urgent", priority="high", user_id="ben")
    driver.end(key_of("usual"), Outcome.PREEMPTED)
    assert driver.job("urgent").state is JobState.RUNNING


def test_the_place_that_was_made_goes_to_somebody_more_urgent() -> None:
    driver = ClusterDriver()
    driver.connect(slots=1)
    driver.submit("usual")
    driver.submit("urgent", priority="high")
    driver.submit("more urgent", priority="critical")
    driver.end(key_of("usual"), Outcome.PREEMPTED)
    assert states(driver, "urgent", "more urgent") == [JobState.QUEUED, JobState.RUNNING]
    assert driver.job("urgent").attempts == ()


def test_equals_are_never_stopped_for_each_other() -> None:
    driver = ClusterDriver()
    driver.connect(slots=1)
    driver.submit("first", priority="high")
    effects = driver.submit("second", priority="high")
    assert not any(isinstance(word, StopAttempt) for word in sent(effects))


def test_a_usual_job_stops_nobody() -> None:
    driver = ClusterDriver()
    driver.connect(slots=1)
    driver.submit("low", priority="low")
    effects = driver.submit("usual", priority="normal")
    assert not any(isinstance(word, StopAttempt) for word in sent(effects))


def test_nobody_is_stopped_where_it_would_not_help() -> None:
    driver = ClusterDriver()
    driver.connect(memory_bytes=4 * GIB, slots=4)
    driver.submit("usual", memory_bytes=1 * GIB)
    driver.submit("rock", memory_bytes=3 * GIB, priority="critical")
    effects = driver.submit("urgent", memory_bytes=2 * GIB, priority="high")
    assert not any(isinstance(word, StopAttempt) for word in sent(effects))


def test_as_few_as_possible_are_stopped() -> None:
    driver = ClusterDriver()
    driver.connect(memory_bytes=4 * GIB, slots=8)
    for name, gibibytes in (("a", 1), ("b", 2), ("c", 1)):
        driver.submit(name, memory_bytes=gibibytes * GIB)
    effects = driver.submit("urgent", memory_bytes=2 * GIB, priority="high")
    assert [word.key.job_id for word in sent(effects) if isinstance(word, StopAttempt)] == ["b"]


def test_an_urgent_job_takes_a_free_place_rather_than_stop_somebody() -> None:
    driver = ClusterDriver()
    driver.connect("a", slots=1)
    driver.submit("usual")
    driver.connect("b", slots=1)
    effects = driver.submit("urgent", priority="critical")
    assert not any(isinstance(word, StopAttempt) for word in sent(effects))
    assert driver.job("urgent").attempts[0].node_id == "b"
