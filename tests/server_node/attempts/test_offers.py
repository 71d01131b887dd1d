"""Offers: taken once, declined with a reason, or held until an older attempt of the job has left."""

from server_node.attempts.events import ShutdownBegan
from server_node.attempts.instructions import RecordBegun, StartAttempt, StopRunning
from shared.lifecycle import AttemptState
from shared.node_messages import AttemptEnded, AttemptReport, Outcome, StopMode
from tests.server_node.builders import a_core, a_description, a_key, a_welcome_driver, an_offer, of, said


def test_an_offer_is_journalled_before_it_is_started_and_reported() -> None:
    steps = a_welcome_driver().hear(an_offer())
    assert [type(step) for step in steps[:2]] == [RecordBegun, StartAttempt]
    assert said(steps) == [AttemptReport(a_key(), AttemptState.STARTING, an_offer().memory_bytes)]


def test_an_offer_repeated_is_not_started_twice() -> None:
    driver = a_welcome_driver()
    driver.hear(an_offer())
    again = driver.hear(an_offer())
    assert not of(StartAttempt, again)
    assert [type(message) for message in said(again)] == [AttemptReport]


def test_an_offer_repeated_after_the_end_is_answered_with_the_end() -> None:
    driver = a_welcome_driver()
    driver.hear(an_offer(device_ids=("cuda:7",)))
    assert isinstance(said(driver.hear(an_offer(device_ids=("cuda:7",))))[0], AttemptEnded)


def test_an_unknown_device_is_declined_by_name() -> None:
    (ended,) = said(a_welcome_driver().hear(an_offer(device_ids=("cuda:7",))))
    assert isinstance(ended, AttemptEnded)
    assert (ended.outcome, ended.error_code) == (Outcome.DECLINED, "not_found")
    assert "cuda:7" in ended.message


def test_no_more_attempts_than_slots_are_taken() -> None:
    driver = a_welcome_driver(a_core(description=a_description(slots=1)))
    driver.hear(an_offer("one"))
    (ended,) = said(driver.hear(an_offer("two")))
    assert isinstance(ended, AttemptEnded)
    assert ended.error_code == "resource_exhausted"


def test_a_node_that_shuts_down_declines() -> None:
    driver = a_welcome_driver()
    driver.feed(ShutdownBegan())
    (ended,) = said(driver.hear(an_offer()))
    assert isinstance(ended, AttemptEnded)
    assert ended.outcome is Outcome.DECLINED


def test_a_newer_attempt_of_a_job_waits_until_the_older_one_has_left() -> None:
    driver = a_welcome_driver()
    driver.begin_running("job", 1)
    newer = driver.hear(an_offer("job", 2))
    assert of(StopRunning, newer) == [StopRunning(a_key("job", 1), StopMode.ABANDON)]
    assert not of(StartAttempt, newer)
    left = driver.stop_thread("job", 1, Outcome.CANCELLED)
    assert of(StartAttempt, left) == [StartAttempt(an_offer("job", 2))]
    assert not said(left)


def test_an_abandoned_attempt_does_not_take_a_slot() -> None:
    driver = a_welcome_driver(a_core(description=a_description(slots=1)))
    driver.begin_running("job", 1)
    driver.hear(an_offer("job", 2))
    driver.stop_thread("job", 1, Outcome.CANCELLED)
    assert driver.core.has_running_attempts


def test_an_interrupted_attempt_offered_again_is_started() -> None:
    driver = a_welcome_driver(a_core(interrupted=[a_key()]))
    assert of(StartAttempt, driver.hear(an_offer()))
