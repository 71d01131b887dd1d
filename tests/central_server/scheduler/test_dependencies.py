"""Jobs that come after others."""

from __future__ import annotations

import pytest

from central_server.scheduler.effects import Refuse
from shared.errors import UserMistake
from shared.lifecycle import JobState
from shared.node_messages import Outcome
from tests.cluster_driver import ClusterDriver, key_of


@pytest.fixture
def driver() -> ClusterDriver:
    driver = ClusterDriver()
    driver.connect(slots=4)
    return driver


def test_a_job_starts_when_all_it_comes_after_have_succeeded(driver: ClusterDriver) -> None:
    driver.submit("a")
    driver.submit("b")
    driver.submit("last", after=("a", "b"))
    assert driver.cluster.waiting_reason("last") == "it comes after a, b, which must succeed first"
    driver.end(key_of("a"))
    assert driver.job("last").state is JobState.QUEUED
    assert driver.cluster.waiting_reason("last") == "it comes after b, which must succeed first"
    driver.end(key_of("b"))
    assert driver.job("last").state is JobState.RUNNING


def test_a_job_fails_at_once_when_what_it_comes_after_does(driver: ClusterDriver) -> None:
    driver.submit("a")
    driver.submit("b", after=("a",))
    driver.submit("c", after=("b",))
    driver.end(key_of("a"), Outcome.FAILED, error_code="bad_data", message="NaN")
    assert [driver.job(name).state for name in "abc"] == [JobState.FAILED] * 3
    error = driver.job("b").error
    assert error is not None
    assert (error.code, error.message) == (
        "dependency_failed",
        "job a, which it was to come after, has ended failed",
    )


def test_a_cancel_takes_those_that_come_after_along(driver: ClusterDriver) -> None:
    driver.submit("a")
    driver.submit("b", after=("a",))
    driver.cancel("a")
    driver.end(key_of("a"), Outcome.CANCELLED)
    assert driver.job("b").state is JobState.FAILED


def test_a_job_after_one_that_has_succeeded_starts_at_once(driver: ClusterDriver) -> None:
    driver.submit("a")
    driver.end(key_of("a"))
    driver.submit("b", after=("a",))
    assert driver.job("b").state is JobState.RUNNING


@pytest.mark.parametrize("outcome", [Outcome.FAILED, None])
def test_a_job_after_one_that_failed_or_is_unknown_is_refused(driver: ClusterDriver, outcome: Outcome | None) -> None:
    if outcome is not None:
        driver.submit("a")
        driver.end(key_of("a"), outcome, error_code="bad_data", message="NaN")
    (refusal,) = [effect for effect in driver.submit("b", after=("a",)) if isinstance(effect, Refuse)]
    assert isinstance(refusal.error, UserMistake)
    assert refusal.error.field == "after"
    assert str(refusal.error).startswith("after names job a, which")


def test_waiting_for_others_outlives_the_server(driver: ClusterDriver) -> None:
    driver.submit("a")
    driver.submit("b", after=("a",))
    driver.restart()
    driver.connect(slots=4)
    assert driver.job("b").state is JobState.QUEUED
    driver.end(key_of("a"))


def test_a_paused_job_is_told_when_it_is_resumed(driver: ClusterDriver) -> None:
    driver.submit("a")
    driver.submit("b", after=("a",))
    driver.pause("b")
    driver.end(key_of("a"), Outcome.FAILED, error_code="bad_data", message="NaN")
    assert driver.job("b").state is JobState.PAUSED
    driver.resume("b")
    assert driver.job("b").state is JobState.FAILED


def test_a_paused_job_goes_on_when_what_it_comes_after_succeeded_meanwhile(driver: ClusterDriver) -> None:
    driver.submit("a")
    driver.submit("b", after=("a",))
    driver.pause("b")
    driver.end(key_of("a"))
    driver.resume("b")
    assert driver.job("b").state is JobState.RUNNING
