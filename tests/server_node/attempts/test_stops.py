"""Stops: three modes, for attempts that run, wait, have ended, or were never here."""

import pytest

from server_node.attempts.events import AttemptWedged, ShutdownBegan
from server_node.attempts.instructions import (
    DeliverEnd,
    ExitForSupervisor,
    RecordEnded,
    RecordForgotten,
    StopRunning,
)
from shared.lifecycle import AttemptState
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    NodeChanged,
    Outcome,
    PlanAnswer,
    PlanRequest,
    StopAttempt,
    StopMode,
)
from tests.server_node.builders import SPEC, a_key, a_welcome_driver, an_offer, of, said


def test_a_running_attempt_is_stopped_and_said_to_be_stopping() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    steps = driver.hear(StopAttempt(key, StopMode.CANCEL, "user"))
    assert of(StopRunning, steps) == [StopRunning(key, StopMode.CANCEL)]
    (report,) = said(steps)
    assert isinstance(report, AttemptReport)
    assert report.state is AttemptState.STOPPING


def test_a_result_written_before_the_stop_is_obeyed_stands() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    driver.hear(StopAttempt(key, StopMode.CANCEL, "user"))
    (record,) = of(RecordEnded, driver.stop_thread(outcome=Outcome.SUCCEEDED))
    assert record.ended.outcome is Outcome.SUCCEEDED


def test_an_abandoned_attempt_ends_in_silence() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    assert not said(driver.hear(StopAttempt(key, StopMode.ABANDON, "fenced")))
    steps = driver.stop_thread(outcome=Outcome.CANCELLED)
    assert of(RecordForgotten, steps)
    assert not of(DeliverEnd, steps)
    assert not said(steps)


def test_saving_never_replaces_cancelling() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    driver.hear(StopAttempt(key, StopMode.CANCEL, "user"))
    assert not of(StopRunning, driver.hear(StopAttempt(key, StopMode.CHECKPOINT, "pause")))


@pytest.mark.parametrize(
    ("mode", "outcome"), [(StopMode.CANCEL, Outcome.CANCELLED), (StopMode.CHECKPOINT, Outcome.PREEMPTED)]
)
def test_a_stop_for_an_attempt_that_was_never_here_is_answered(mode: StopMode, outcome: Outcome) -> None:
    (ended,) = said(a_welcome_driver().hear(StopAttempt(a_key(), mode, "user")))
    assert isinstance(ended, AttemptEnded)
    assert ended.outcome is outcome


def test_an_attempt_that_waits_for_its_older_one_is_ended_without_running() -> None:
    driver = a_welcome_driver()
    driver.begin_running("job", 1)
    driver.hear(an_offer("job", 2))
    steps = driver.hear(StopAttempt(a_key("job", 2), StopMode.CANCEL, "user"))
    assert [record.ended.outcome for record in of(RecordEnded, steps)] == [Outcome.CANCELLED]
    assert not driver.stop_thread("job", 1, Outcome.CANCELLED)[2:]


def test_shutting_down_says_not_ready_and_saves_every_attempt() -> None:
    driver = a_welcome_driver()
    first, second = driver.begin_running("one"), driver.begin_running("two")
    steps = driver.feed(ShutdownBegan())
    changed = said(steps)[0]
    assert isinstance(changed, NodeChanged)
    assert not changed.description.is_ready
    assert of(StopRunning, steps) == [StopRunning(key, StopMode.CHECKPOINT) for key in (first, second)]


def test_a_wedged_device_saves_the_others_and_then_asks_for_a_new_process_once() -> None:
    driver = a_welcome_driver()
    wedged, other = driver.begin_running("wedged"), driver.begin_running("other")
    steps = driver.feed(AttemptWedged(wedged, 60.0))
    assert of(StopRunning, steps) == [StopRunning(other, StopMode.CHECKPOINT)]
    assert not of(ExitForSupervisor, steps)
    assert of(ExitForSupervisor, driver.stop_thread("other", outcome=Outcome.PREEMPTED))
    assert not of(ExitForSupervisor, driver.feed(AttemptWedged(wedged, 61.0)))


def test_a_node_that_shuts_down_makes_no_plan_and_says_so() -> None:
    driver = a_welcome_driver()
    driver.feed(ShutdownBegan())
    (answer,) = said(driver.hear(PlanRequest("r", SPEC)))
    assert isinstance(answer, PlanAnswer)
    assert (answer.request_id, answer.error_code) == ("r", "machine_failure")
