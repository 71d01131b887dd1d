"""A wall clock that jumps a day changes no lease, no retry, no timeout and no turn: only what records say of when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import Effect
from central_server.scheduler.events import PlanRequested
from shared.backoff import Backoff
from shared.lifecycle import JobState
from shared.node_messages import Outcome
from tests.builders import a_spec
from tests.cluster_driver import ClusterDriver, key_of
from tests.scenarios.narration import told

DAY_MS = 24 * 3600 * 1000
STEPS = pytest.mark.parametrize("step_ms", [DAY_MS, -DAY_MS], ids=["a day ahead", "a day back"])
LEASE_ENDS_SECONDS = ClusterSettings().lease_seconds + ClusterSettings().lease_grace_seconds


def a_running_job(**fields: Any) -> ClusterDriver:
    driver = ClusterDriver()
    driver.connect()
    driver.submit(**fields)
    driver.report(key_of())
    return driver


@STEPS
def test_a_lease_ends_when_it_would_have(step_ms: int) -> None:
    driver = a_running_job()
    driver.wait(5.0)
    driver.wall_clock_step_ms = step_ms
    driver.heartbeat(key_of())
    driver.wait(LEASE_ENDS_SECONDS - 0.1)
    assert driver.job().state is JobState.RUNNING
    driver.wait(0.2)
    assert driver.job().attempts[0].state == "lost"


@STEPS
def test_a_timeout_counts_what_earlier_attempts_ran_and_no_step(step_ms: int) -> None:
    driver = a_running_job(timeout_seconds=30)
    driver.wait(10.0)
    driver.wall_clock_step_ms = step_ms
    driver.end(key_of(), Outcome.PREEMPTED)
    driver.report(key_of(number=2))
    assert driver.job().state is JobState.RUNNING
    for _ in range(3):
        driver.wait(6.0)
        driver.heartbeat(key_of(number=2))
    assert driver.job().state is JobState.RUNNING
    driver.wait(2.1)
    assert driver.job().state is JobState.STOPPING


@STEPS
def test_a_retry_comes_when_it_was_to(step_ms: int) -> None:
    driver = a_running_job(max_failures=3)
    driver.end(key_of(), Outcome.FAILED, error_code="machine_failure")
    driver.wait(0.5)
    driver.wall_clock_step_ms = step_ms
    driver.connect("b")
    driver.wait(0.4)
    assert driver.job().state is JobState.QUEUED
    driver.wait(0.2)
    assert driver.job().state is JobState.RUNNING


@STEPS
def test_a_job_waits_as_long_as_it_may_whatever_happens_to_the_clock(step_ms: int) -> None:
    driver = ClusterDriver()
    driver.submit(wait_timeout_seconds=40)
    driver.wait(10.0)
    driver.pause()
    driver.wall_clock_step_ms = step_ms
    driver.resume()
    driver.wait(29.9)
    assert driver.job().state is JobState.QUEUED
    driver.wait(0.2)
    assert driver.job().state is JobState.FAILED


_SETTINGS = ClusterSettings(
    ageing_seconds=7.0, reservation_seconds=5.0, retry_backoff=Backoff(first_seconds=1.0, cap_seconds=8.0)
)
_JOBS = ("one", "two", "three")


def _current(driver: ClusterDriver, act: Callable[[ClusterDriver, str, int, str], list[Effect]]) -> list[Effect]:
    """Let every node act on the first attempt that runs there."""
    effects: list[Effect] = []
    for job_id, job in sorted(driver.jobs.items()):
        if job.state in {JobState.RUNNING, JobState.STOPPING} and job.attempts[-1].node_id in driver.sessions:
            effects += act(driver, job_id, job.attempts[-1].number, job.attempts[-1].node_id)
    return effects


def _end(outcome: Outcome, **fields: object) -> Callable[[ClusterDriver], list[Effect]]:
    return lambda driver: _current(
        driver, lambda it, job_id, number, node: it.end(key_of(job_id, number), outcome, node_id=node, **fields)
    )


_ACTIONS: dict[str, Callable[[ClusterDriver], list[Effect]]] = {
    "submit": lambda driver: driver.submit(
        _JOBS[len(driver.jobs) % 3] + str(len(driver.jobs)),
        priority=("low", "normal", "high")[len(driver.jobs) % 3],
        user_id=("ann", "ben")[len(driver.jobs) % 2],
        memory_bytes=2**32 if len(driver.jobs) % 4 == 3 else 2**31,
        timeout_seconds=(None, 25)[len(driver.jobs) % 2],
        wait_timeout_seconds=(None, None, 30)[len(driver.jobs) % 3],
        max_failures=3,
    ),
    "report": lambda driver: _current(
        driver, lambda it, job_id, number, node: it.report(key_of(job_id, number), node_id=node)
    ),
    "beat": lambda driver: _current(
        driver, lambda it, job_id, number, node: it.heartbeat(key_of(job_id, number), node_id=node)
    ),
    "fail": _end(Outcome.FAILED, error_code="machine_failure"),
    "preempt": _end(Outcome.PREEMPTED),
    "pause": lambda driver: [effect for job_id in sorted(driver.jobs)[:1] for effect in driver.pause(job_id)],
    "resume": lambda driver: [effect for job_id in sorted(driver.jobs) for effect in driver.resume(job_id)],
    "plan": lambda driver: driver.feed(PlanRequested(f"plan {driver.seconds}", a_spec())),
    "drain": lambda driver: driver.drain(within_seconds=3.0),
    "undrain": lambda driver: driver.undrain(),
    "lose b": lambda driver: driver.disconnect("b") if "b" in driver.sessions else driver.connect("b"),
    "a moment": lambda driver: driver.wait(0.7),
    "a while": lambda driver: driver.wait(9.0),
    "a lease": lambda driver: driver.wait(23.0),
}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(_ACTIONS)), st.sampled_from([0, DAY_MS, -DAY_MS])), max_size=40))
def test_a_cluster_decides_the_same_at_the_same_moments(story: list[tuple[str, int]]) -> None:
    still, stepped = ClusterDriver(_SETTINGS), ClusterDriver(_SETTINGS)
    for driver in (still, stepped):
        driver.connect()
        driver.connect("b")
    for action, step_ms in story:
        stepped.wall_clock_step_ms += step_ms
        assert told(_ACTIONS[action](still)) == told(_ACTIONS[action](stepped))
        assert still.cluster.next_deadline_seconds() == stepped.cluster.next_deadline_seconds()
