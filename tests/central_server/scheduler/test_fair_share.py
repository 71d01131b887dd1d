"""Recent device seconds, and the order of turns that follows from them."""

from __future__ import annotations

import math

import pytest

from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.fair_share import HORIZON_SECONDS, FairShare
from shared.lifecycle import JobState
from tests.builders import MIB
from tests.cluster_driver import ClusterDriver, key_of

_HALF_LIFE = 100.0


def test_use_counts_half_after_each_half_life() -> None:
    share = FairShare(_HALF_LIFE)
    share.begin_with({"ann": 80.0}, now_seconds=0.0)
    assert share.used_seconds("ann", 200.0) == pytest.approx(20.0)


def test_devices_held_add_up_while_they_are_held_and_not_after() -> None:
    share = FairShare(_HALF_LIFE)
    share.hold("ann", key_of(), devices=2, now_seconds=10.0)
    expected = 2 * _HALF_LIFE / math.log(2) * (1 - 2 ** (-50.0 / _HALF_LIFE))
    assert share.used_seconds("ann", 60.0) == pytest.approx(expected)
    share.release("ann", key_of(), now_seconds=60.0)
    assert share.used_seconds("ann", 160.0) == pytest.approx(expected / 2)


def test_counting_in_steps_or_at_once_comes_to_the_same() -> None:
    steps, once = FairShare(_HALF_LIFE), FairShare(_HALF_LIFE)
    for share in (steps, once):
        share.hold("ann", key_of(), devices=1, now_seconds=0.0)
    for second in range(1, 50):
        steps.hold("ann", key_of("other", second), devices=0, now_seconds=float(second))
    assert steps.used_seconds("ann", 50.0) == pytest.approx(once.used_seconds("ann", 50.0))


def test_a_device_just_given_weighs_at_once() -> None:
    share = FairShare(_HALF_LIFE)
    share.hold("ann", key_of(), devices=1, now_seconds=5.0)
    assert share.weight("ann", 5.0) == pytest.approx(math.log2(HORIZON_SECONDS) + 5.0 / _HALF_LIFE)
    assert share.weight("ben", 5.0) == -math.inf


def test_weights_of_idle_users_compare_whenever_they_were_worked_out() -> None:
    share = FairShare(_HALF_LIFE)
    share.begin_with({"ann": 80.0}, now_seconds=0.0)
    assert share.weight("ann", 0.0) == share.weight("ann", 250.0)


def test_an_attempt_told_of_twice_counts_once() -> None:
    share = FairShare(_HALF_LIFE)
    share.hold("ann", key_of(), devices=1, now_seconds=0.0)
    share.hold("ann", key_of(), devices=1, now_seconds=0.0)
    assert (share.devices_of("ann"), share.attempts_of("ann")) == (1, 1)
    assert share.release("ann", key_of(), now_seconds=1.0)
    assert not share.release("ann", key_of(), now_seconds=1.0)


def _running(driver: ClusterDriver) -> list[str]:
    return sorted(job_id for job_id, job in driver.jobs.items() if job.state is JobState.RUNNING)


def test_a_user_with_one_job_does_not_wait_behind_another_user_with_many() -> None:
    driver = ClusterDriver()
    for number in range(6):
        driver.submit(f"ann-{number}", user_id="ann")
    driver.submit("ben-0", user_id="ben")
    driver.connect(slots=2)
    assert _running(driver) == ["ann-0", "ben-0"]


def test_places_go_in_turn_to_users_who_wait_alike() -> None:
    driver = ClusterDriver()
    driver.connect(slots=1)
    for number in range(3):
        driver.submit(f"ann-{number}", user_id="ann")
    for number in range(3):
        driver.submit(f"ben-{number}", user_id="ben")
    order = []
    for _ in range(6):
        (job_id,) = _running(driver)
        order.append(job_id)
        driver.wait(10)
        driver.heartbeat(key_of(job_id))
        driver.end(key_of(job_id))
    assert order == ["ann-0", "ben-0", "ann-1", "ben-1", "ann-2", "ben-2"]


def test_what_was_used_outlives_the_server() -> None:
    driver = ClusterDriver()
    driver.connect(slots=1)
    driver.submit("ann-0", user_id="ann")
    driver.wait(15)
    driver.end(key_of("ann-0"))
    driver.submit("ann-1", user_id="ann")
    driver.submit("ann-2", user_id="ann")
    driver.submit("ben-0", user_id="ben")
    driver.end(key_of("ann-1"))
    driver.restart()
    driver.connect(slots=1)
    assert driver.job("ben-0").state is JobState.RUNNING


def test_priority_goes_before_fairness() -> None:
    driver = ClusterDriver()
    driver.submit("usual", user_id="ben")
    driver.submit("urgent", user_id="ann", priority="critical")
    driver.connect(slots=1)
    assert _running(driver) == ["urgent"]


def test_a_job_of_low_priority_that_has_waited_for_long_goes_first() -> None:
    driver = ClusterDriver(ClusterSettings(ageing_seconds=100.0))
    driver.submit("old", priority="low")
    driver.wait(250)
    driver.submit("new", priority="normal")
    driver.connect(slots=1)
    assert _running(driver) == ["old"]


def test_a_hundred_old_jobs_are_not_a_hundred_turns() -> None:
    driver = ClusterDriver(ClusterSettings(ageing_seconds=100.0))
    for number in range(4):
        driver.submit(f"old-{number}", priority="low", user_id="ann")
    driver.wait(250)
    driver.submit("new", priority="normal", user_id="ben")
    driver.connect(slots=2)
    assert _running(driver) == ["new", "old-0"]


def test_a_job_that_cannot_run_stands_in_nobodys_way() -> None:
    driver = ClusterDriver()
    driver.submit("large", memory_bytes=8192 * MIB, priority="critical")
    driver.submit("small", priority="low")
    driver.connect(memory_bytes=1024 * MIB)
    assert _running(driver) == ["small"]
