"""What the stories in `tests/scenarios` do not tell: order, records, rebuilding, and what may be asked at any time."""

from __future__ import annotations

import pytest

from central_server.scheduler.cluster import Cluster
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import Answer, NodeSeen, Refuse
from central_server.scheduler.events import CancelRequested, NodeSaid
from central_server.scheduler.nodes import NodeState
from shared.errors import NotFound
from shared.lifecycle import AttemptState, JobState
from shared.node_messages import Heartbeat, HeldState, OfferAttempt, Outcome, ResultFile
from tests.builders import GIB, MIB, WALL_CLOCK_START_MS, a_hello, a_job, a_moment, a_node, a_spec, an_attempt
from tests.cluster_driver import ClusterDriver, held, key_of, sent

_KEY = key_of()


@pytest.fixture
def driver() -> ClusterDriver:
    return ClusterDriver()


def test_jobs_of_one_priority_run_in_the_order_they_came(driver: ClusterDriver) -> None:
    for job_id in ("z", "m", "a"):
        driver.submit(job_id)
    effects = driver.connect(slots=2)
    assert [message.key.job_id for message in sent(effects) if isinstance(message, OfferAttempt)] == ["z", "m"]


def test_first_come_survives_a_restart(driver: ClusterDriver) -> None:
    driver.submit("first")
    driver.restart()
    driver.submit("second")
    assert [driver.job(job_id).sequence for job_id in ("first", "second")] == [1, 2]


def test_times_are_kept_as_they_happen(driver: ClusterDriver) -> None:
    driver.submit()
    driver.wait(1)
    driver.connect()
    driver.wait(1)
    driver.report(_KEY, AttemptState.STARTING)
    driver.wait(1)
    driver.report(_KEY, first_step_at_ms=WALL_CLOCK_START_MS + 2_900)
    driver.wait(1)
    driver.end(_KEY)
    job = driver.job()
    moments = (job.submitted_at_ms, job.started_at_ms, job.first_step_at_ms, job.ended_at_ms)
    assert [moment - WALL_CLOCK_START_MS for moment in moments] == [0, 1_000, 2_900, 4_000]
    attempt = job.attempts[0]
    assert [attempt.started_at_ms - WALL_CLOCK_START_MS, attempt.ended_at_ms - WALL_CLOCK_START_MS] == [2_000, 4_000]


@pytest.mark.parametrize("claimed_ms", [1, WALL_CLOCK_START_MS * 2])
def test_a_node_with_a_wrong_clock_does_not_bend_the_history(driver: ClusterDriver, claimed_ms: int) -> None:
    driver.submit()
    driver.connect()
    driver.wait(2)
    driver.report(_KEY, first_step_at_ms=claimed_ms)
    job = driver.job()
    assert job.started_at_ms <= job.first_step_at_ms <= WALL_CLOCK_START_MS + 2_000


def test_the_result_is_kept_as_the_node_says_it(driver: ClusterDriver) -> None:
    driver.connect()
    driver.submit()
    file = ResultFile("model.safetensors", "ab" * 32, 10)
    driver.end(_KEY, files=(file,), final_metrics={"accuracy": 0.98}, step=70, epoch=2, compute_seconds=1.5)
    job = driver.job()
    assert job.result is not None
    assert job.result.files == (file,)
    assert (job.step, job.epoch, job.last_metrics) == (70, 2, {"accuracy": 0.98})
    assert (driver.nodes["a"].jobs_completed, driver.nodes["a"].compute_seconds) == (1, 1.5)


def test_a_failed_job_says_why(driver: ClusterDriver) -> None:
    driver.connect()
    driver.submit()
    driver.end(_KEY, Outcome.FAILED, error_code="training_diverged", message="the loss became NaN at step 3")
    error = driver.job().error
    assert error is not None
    assert (error.code, error.message) == ("training_diverged", "the loss became NaN at step 3")


def test_promises_can_be_asked_for(driver: ClusterDriver) -> None:
    driver.connect(slots=2)
    driver.submit("j1", memory_bytes=100 * MIB)
    driver.submit("j2", memory_bytes=200 * MIB)
    assert driver.cluster.promised_bytes("a") == {"cpu:0": 300 * MIB}
    assert driver.cluster.running_attempts("a") == (key_of("j1"), key_of("j2"))
    assert driver.cluster.promised_bytes("nobody") == {}


def test_a_node_is_shown_anew_when_its_promises_change(driver: ClusterDriver) -> None:
    driver.connect()
    assert any(isinstance(effect, NodeSeen) for effect in driver.submit())
    assert any(isinstance(effect, NodeSeen) for effect in driver.end(_KEY))


def test_a_job_for_a_gpu_runs_on_the_gpu(driver: ClusterDriver) -> None:
    driver.connect("a")
    driver.connect("b", gpus=2)
    driver.submit(device="cuda")
    assert driver.job().attempts[0].node_id == "b"
    assert driver.job().attempts[0].device_ids == ("cuda:0",)


def test_plans_learn_where_such_a_job_could_run(driver: ClusterDriver) -> None:
    driver.connect("a")
    driver.connect("b", gpus=1)
    refusals = driver.cluster.refusals(a_spec(device="cuda"), GIB)
    assert refusals == {"a": "a has no cuda device", "b": ""}


def test_a_heartbeat_shows_the_node_as_seen_now(driver: ClusterDriver) -> None:
    driver.connect()
    driver.wait(3)
    shown = [effect.record for effect in driver.heartbeat() if isinstance(effect, NodeSeen)]
    assert shown[-1].last_seen_ms == WALL_CLOCK_START_MS + 3_000


def test_words_of_an_older_stream_are_dropped(driver: ClusterDriver) -> None:
    driver.connect()
    driver.submit()
    old = driver.sessions["a"]
    driver.connect(held=(held(_KEY),))
    before = driver.job()
    driver.feed(NodeSaid(old, Heartbeat(1, (), 0)))
    assert driver.job() == before
    assert [node.state for node in driver.cluster.nodes()] == [NodeState.READY]


def test_a_second_hello_closes_the_stream(driver: ClusterDriver) -> None:
    driver.connect()
    driver.say(a_hello())
    assert [node.state for node in driver.cluster.nodes()] == [NodeState.OFFLINE]


def test_the_next_deadline_is_the_lease(driver: ClusterDriver) -> None:
    assert driver.cluster.next_deadline_seconds() is None
    driver.connect()
    driver.submit()
    assert driver.cluster.next_deadline_seconds() == 20.5
    driver.wait(10)
    driver.heartbeat(_KEY)
    assert driver.cluster.next_deadline_seconds() == 30.5


def test_a_rebuilt_core_remembers_its_retry_and_its_run_limit() -> None:
    spec = a_spec(timeout_seconds=100)
    waiting = a_job("waiting", wait_until_ms=WALL_CLOCK_START_MS + 15_000)
    running = a_job("running", sequence=2, spec=spec, attempts=(an_attempt(),), started_at_ms=WALL_CLOCK_START_MS)
    driver = ClusterDriver(seconds=10.0, jobs={"waiting": waiting, "running": running}, nodes={"a": a_node()})
    assert "waits before its next attempt" in driver.cluster.waiting_reason("waiting")
    driver.connect(held=(held(_KEY_OF_RUNNING, HeldState.RUNNING),))
    driver.wait(5)
    assert driver.job("waiting").state is JobState.RUNNING
    for _ in range(17):
        driver.heartbeat(_KEY_OF_RUNNING, key_of("waiting"))
        driver.wait(5)
    assert driver.job("running").state is JobState.STOPPING


_KEY_OF_RUNNING = key_of("running")


def test_after_a_rebuild_a_request_for_a_job_that_just_ended_is_answered() -> None:
    ended = a_job("ended", state=JobState.FAILED)
    cluster = Cluster(ClusterSettings(), now=a_moment(), recently_ended=[ended])
    assert cluster.handle(CancelRequested("r", "ended", ""), a_moment()) == [Answer("r", ended)]


def test_what_never_was_is_not_found(driver: ClusterDriver) -> None:
    for effects in (driver.cancel("no"), driver.pause("no"), driver.resume("no")):
        (refusal,) = effects
        assert isinstance(refusal, Refuse)
        assert isinstance(refusal.error, NotFound)


def test_a_full_cluster_is_planned_without_a_look_at_the_queue(
    driver: ClusterDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.connect(slots=1)
    driver.submit("running")

    def fail(*_: object) -> None:
        raise AssertionError("no place is open, and one was looked for")

    monkeypatch.setattr("central_server.scheduler.plan.choose_place", fail)
    driver.submit("waiting")
    assert driver.job("waiting").state is JobState.QUEUED


def test_two_jobs_that_a_node_declines_do_not_wake_each_other(driver: ClusterDriver) -> None:
    for job_id in ("one", "two"):
        driver.submit(job_id)
    driver.connect(slots=1)
    driver.end(key_of("one"), outcome=Outcome.DECLINED)
    driver.end(key_of("two"), outcome=Outcome.DECLINED)
    assert [len(driver.job(job_id).attempts) for job_id in ("one", "two")] == [1, 1]
