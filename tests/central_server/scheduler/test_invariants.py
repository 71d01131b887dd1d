"""The invariants see what they are there to see: each test breaks one by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from central_server.scheduler import invariants
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import LeaseEnds
from central_server.scheduler.jobs import StopIntent
from central_server.scheduler.promises import Promise
from shared.errors import OurBug
from shared.lifecycle import JobState
from tests.builders import GIB
from tests.cluster_driver import ClusterDriver, key_of


@pytest.fixture
def driver() -> ClusterDriver:
    """One job runs, one waits."""
    driver = ClusterDriver()
    driver.connect(slots=1)
    driver.submit("running")
    driver.submit("waiting")
    return driver


def _end_it_silently(state: ClusterState) -> None:
    state.jobs["running"] = replace(state.jobs["running"], state=JobState.SUCCEEDED)


def _queue_it_silently(state: ClusterState) -> None:
    state.jobs["running"] = replace(state.jobs["running"], state=JobState.QUEUED)


def _skip_a_number(state: ClusterState) -> None:
    job = state.jobs["running"]
    state.jobs["running"] = replace(job, attempts=(replace(job.attempts[0], number=2),))


def _lose_it_in_the_queue(state: ClusterState) -> None:
    state.queue.remove("waiting")


def _change_the_account(state: ClusterState) -> None:
    state.accounts.correct("waiting", 7)


def _forget_the_lease(state: ClusterState) -> None:
    state.deadlines.cancel(LeaseEnds(key_of("running")))


def _promise_something_else(state: ClusterState) -> None:
    state.promises.put("a", key_of("running"), Promise(("cpu:0",), 1, is_stopping=False))


def _forget_the_session(state: ClusterState) -> None:
    state.node_by_session.clear()


def _keep_an_intent(state: ClusterState) -> None:
    state.jobs["running"] = replace(state.jobs["running"], stop_intent=StopIntent.PAUSE)


@pytest.mark.parametrize(
    ("breach", "name"),
    [
        (_end_it_silently, "only_live_jobs_are_held"),
        (_queue_it_silently, "a_job_has_devices_exactly_while_it_runs"),
        (_skip_a_number, "attempts_are_numbered_and_only_the_last_lives"),
        (_lose_it_in_the_queue, "a_queued_job_waits_somewhere"),
        (_change_the_account, "jobs_stand_in_the_line_of_their_need"),
        (_forget_the_lease, "every_live_attempt_has_a_lease"),
        (_promise_something_else, "the_ledger_says_what_the_records_say"),
        (_forget_the_session, "sessions_and_nodes_name_each_other"),
        (_keep_an_intent, "a_stop_has_its_reason_only_while_it_lasts"),
    ],
)
def test_a_breach_is_named(driver: ClusterDriver, breach: Callable[[ClusterState], None], name: str) -> None:
    invariants.check(driver.cluster)
    breach(driver.cluster.state)
    with pytest.raises(OurBug, match=name):
        invariants.check(driver.cluster)


def test_promises_beyond_a_node_are_named(driver: ClusterDriver) -> None:
    invariants.check_capacity(driver.cluster)
    driver.cluster.state.promises.put("a", key_of("running"), Promise(("cpu:0",), 5 * GIB, is_stopping=False))
    with pytest.raises(OurBug, match="has promised"):
        invariants.check_capacity(driver.cluster)
    driver.cluster.state.promises.put("a", key_of("other"), Promise((), 0, is_stopping=False))
    with pytest.raises(OurBug, match="1 slots"):
        invariants.check_capacity(driver.cluster)
