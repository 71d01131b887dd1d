"""A link's life: Hello with everything held, verdicts followed, and everything said again that may have been missed."""

from server_node.attempts.events import (
    AttemptMoved,
    CheckpointUploaded,
    DescriptionChanged,
    EndDeliverable,
    LinkClosed,
    MessageArrived,
    PlanMade,
    ResultLost,
    Ticked,
)
from server_node.attempts.instructions import (
    CloseLink,
    DeliverEnd,
    DropCheckpoint,
    DropResult,
    MakePlan,
    RecordEnded,
    RecordForgotten,
    StopRunning,
)
from shared.lifecycle import AttemptState
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    CheckpointStored,
    EndAcknowledged,
    Goodbye,
    HeldState,
    HeldVerdict,
    Hello,
    NodeChanged,
    Outcome,
    PlanAnswer,
    PlanRequest,
    StopMode,
    StoredCheckpoint,
    Verdict,
)
from tests.server_node.builders import (
    MIB,
    SPEC,
    Driver,
    a_core,
    a_description,
    a_key,
    a_welcome_driver,
    an_end,
    an_offer,
    of,
    said,
)


def hello_of(driver: Driver) -> Hello:
    (hello,) = said(driver.open_link())
    assert isinstance(hello, Hello)
    return hello


def test_a_hello_names_what_runs_what_ended_and_what_was_interrupted() -> None:
    core = a_core(interrupted=[a_key("old")], unacknowledged=[an_end("finished")])
    driver = a_welcome_driver(core)
    driver.begin_running("running")
    held = {item.key.job_id: item.state for item in hello_of(driver).held}
    assert held == {"old": HeldState.INTERRUPTED, "finished": HeldState.STOPPING, "running": HeldState.RUNNING}


def test_nothing_is_said_to_a_server_that_has_not_welcomed_us() -> None:
    driver = Driver()
    driver.open_link()
    assert not said(driver.feed(DescriptionChanged(a_description())))


def test_words_of_an_older_link_are_dropped() -> None:
    driver = a_welcome_driver()
    driver.welcome()
    assert driver.feed(MessageArrived(1, an_offer())) == []
    assert driver.feed(LinkClosed(1, "late")) == []
    assert driver.core.is_welcome


def test_a_cut_stops_nothing_and_a_kept_attempt_goes_on() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    assert not of(StopRunning, driver.feed(LinkClosed(driver.link, "cut")))
    steps = driver.welcome(verdicts=(HeldVerdict(key, Verdict.KEEP),))
    assert not of(StopRunning, steps)
    assert AttemptReport(key, AttemptState.RUNNING, 32 * MIB, 0, 1_000) in said(steps)


def test_an_unwanted_attempt_is_stopped_in_silence() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    steps = driver.welcome(verdicts=(HeldVerdict(key, Verdict.STOP),))
    assert of(StopRunning, steps) == [StopRunning(key, StopMode.ABANDON)]


def test_an_interrupted_attempt_is_forgotten_but_its_checkpoint_stays() -> None:
    driver = Driver(a_core(interrupted=[a_key()]))
    steps = driver.welcome(verdicts=(HeldVerdict(a_key(), Verdict.FORGET),))
    assert of(RecordForgotten, steps)
    assert not of(DropCheckpoint, steps)
    assert not hello_of(driver).held


def test_an_interrupted_attempt_that_is_kept_ends_preempted() -> None:
    driver = Driver(a_core(interrupted=[a_key()]))
    steps = driver.welcome(verdicts=(HeldVerdict(a_key(), Verdict.KEEP),))
    assert [record.ended.outcome for record in of(RecordEnded, steps)] == [Outcome.PREEMPTED]


def test_an_end_is_journalled_then_delivered_then_said_until_acknowledged() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    stopped = driver.stop_thread()
    assert [type(step) for step in stopped if isinstance(step, RecordEnded | DeliverEnd)] == [RecordEnded, DeliverEnd]
    assert not said(stopped)
    assert said(driver.feed(EndDeliverable(key))) == [an_end()]
    assert an_end() in said(driver.feed(Ticked(0), after=5.0))
    acknowledged = driver.hear(EndAcknowledged(key))
    assert acknowledged == [RecordForgotten(key), DropResult(key), DropCheckpoint("job")]
    assert not driver.core.has_unsaid_ends


def test_an_end_is_said_again_on_a_new_link() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    driver.stop_thread()
    driver.feed(EndDeliverable(key))
    assert an_end() in said(driver.welcome(verdicts=(HeldVerdict(key, Verdict.KEEP),)))


def test_a_preempted_jobs_checkpoint_stays() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    driver.stop_thread(outcome=Outcome.PREEMPTED)
    driver.feed(EndDeliverable(key))
    assert not of(DropCheckpoint, driver.hear(EndAcknowledged(key)))


def test_an_earlier_processs_ends_are_delivered_first() -> None:
    assert a_core(unacknowledged=[an_end()]).begin() == [DeliverEnd(an_end())]


def test_a_result_that_is_gone_becomes_a_failure_of_this_node() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    driver.stop_thread()
    (record,) = of(RecordEnded, driver.feed(ResultLost(key, "disk")))
    assert (record.ended.outcome, record.ended.error_code) == (Outcome.FAILED, "machine_failure")
    said_now = said(driver.feed(EndDeliverable(key)))[0]
    assert isinstance(said_now, AttemptEnded)
    assert said_now.outcome is Outcome.FAILED


def test_a_goodbye_closes_the_link() -> None:
    driver = a_welcome_driver()
    (close,) = of(CloseLink, driver.hear(Goodbye("session_replaced", "a newer stream")))
    assert "newer" in close.reason


def test_plans_are_made_and_answered() -> None:
    driver = a_welcome_driver()
    request = PlanRequest("r", SPEC)
    assert driver.hear(request) == [MakePlan(request)]
    assert said(driver.feed(PlanMade(PlanAnswer("r", 10)))) == [PlanAnswer("r", 10)]


def test_a_node_that_becomes_ready_says_so() -> None:
    driver = a_welcome_driver(a_core(description=a_description(is_ready=False)))
    (changed,) = said(driver.feed(DescriptionChanged(a_description())))
    assert isinstance(changed, NodeChanged)
    assert changed.description.is_ready


def test_a_report_after_the_end_changes_nothing() -> None:
    driver = a_welcome_driver()
    driver.begin_running()
    driver.stop_thread()
    assert driver.feed(AttemptMoved(a_key(), AttemptState.RUNNING, 1, 0)) == []


def test_where_a_running_attempt_can_go_on_is_said_and_said_again_on_the_next_link() -> None:
    driver = a_welcome_driver()
    driver.begin_running()
    checkpoint = StoredCheckpoint("ab" * 32, 10, 5, "one")
    assert said(driver.feed(CheckpointUploaded(a_key(), checkpoint))) == [CheckpointStored(a_key(), checkpoint)]
    driver.open_link()
    assert CheckpointStored(a_key(), checkpoint) in said(driver.welcome())


def test_a_checkpoint_of_an_attempt_that_is_gone_is_not_spoken_of() -> None:
    driver = a_welcome_driver()
    assert said(driver.feed(CheckpointUploaded(a_key(), StoredCheckpoint("ab" * 32, 10, 5)))) == []
