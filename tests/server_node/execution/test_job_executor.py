"""The executor's promises: what starts, what stops, what is told when, and that a free device is really free."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

import pytest

from server_node.attempts.events import AttemptMoved
from server_node.execution.graces import Graces
from server_node.telemetry_records import HistoryRow, LiveProgress, LogLine
from shared.errors import BadData, OurBug
from shared.lifecycle import AttemptState
from shared.node_messages import AttemptEnded, OfferAttempt, Outcome, PlanRequest, StopMode
from tests.server_node.builders import SPEC, a_key, an_offer
from tests.server_node.execution.bench import a_bench
from tests.server_node.execution.fake_engine import FakeEngine

KEY = a_key()


def an_endless_engine() -> FakeEngine:
    engine = FakeEngine()
    engine.steps_total = 10**9
    engine.step_seconds = 0.001
    return engine


async def test_an_attempt_runs_to_its_result(tmp_path: Path) -> None:
    async with a_bench(tmp_path, FakeEngine()) as bench:
        bench.executor.start(an_offer())
        assert bench.executor.is_running(KEY)
        ended = await bench.end_of(KEY)
        assert not bench.executor.is_running(KEY)
    assert (ended.outcome, ended.step, ended.final_metrics) == (Outcome.SUCCEEDED, 3, {"loss": 0.5})
    assert (bench.folders.result(KEY) / ended.files[0].name).read_bytes() == b"weights"


async def test_progress_comes_in_order_and_completion_last_and_once(tmp_path: Path) -> None:
    async with a_bench(tmp_path, FakeEngine()) as bench:
        bench.executor.start(an_offer())
        await bench.end_of(KEY)
    moves = [item.state for item in bench.told if isinstance(item, AttemptMoved)]
    assert moves == [AttemptState.STARTING, AttemptState.RUNNING]
    assert [item.step for item in bench.told if isinstance(item, HistoryRow)] == [1, 2, 3]
    assert [type(item) for item in bench.told].count(AttemptEnded) == 1
    assert isinstance(bench.told[-1], AttemptEnded)
    lines = [item.text for item in bench.told if isinstance(item, LogLine)]
    assert lines[:3] == ["attempt 1 started on node node", "loaded", "compiled"]
    assert "succeeded" in lines[-1]


async def test_of_live_progress_the_last_is_always_told(tmp_path: Path) -> None:
    async with a_bench(tmp_path, FakeEngine()) as bench:
        bench.executor.start(an_offer())
        await bench.end_of(KEY)
    assert [item.step for item in bench.told if isinstance(item, LiveProgress)][-1] == 3


async def test_a_cancel_frees_the_device_only_when_no_step_runs(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer())
        await bench.until(lambda: engine.steps_done > 3)
        assert bench.executor.cancel(KEY, StopMode.CANCEL)
        assert bench.executor.is_running(KEY)
        ended = await bench.end_of(KEY)
        steps_when_free = engine.steps_done
        assert not engine.trainings[0].device_is_busy
        await asyncio.sleep(0.05)
    assert ended.outcome is Outcome.CANCELLED
    assert engine.steps_done == steps_when_free == ended.step
    assert not bench.folders.checkpoint("job").exists()


async def test_a_stopped_attempt_saves_itself_and_resumes_from_there(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer())
        await bench.until(lambda: engine.steps_done > 3)
        bench.executor.cancel(KEY, StopMode.CHECKPOINT)
        ended = await bench.end_of(KEY)
        assert (ended.outcome, ended.checkpoint_step) == (Outcome.PREEMPTED, ended.step)
        engine.steps_total = ended.step + 2
        bench.executor.start(an_offer(number=2))
        resumed = await bench.end_of(a_key(number=2))
    assert resumed.step == ended.step + 2
    assert engine.trainings[1].start_step == ended.step
    rows_again = [item.step for item in bench.told if isinstance(item, HistoryRow) and item.key == a_key(number=2)]
    assert rows_again == list(range(1, resumed.step + 1))


async def test_running_attempts_are_saved_from_time_to_time(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine, checkpoint_seconds=0.01) as bench:
        bench.executor.start(an_offer())
        await bench.until(lambda: bench.folders.checkpoint("job").exists())
        bench.executor.cancel(KEY, StopMode.CANCEL)
        await bench.end_of(KEY)


async def test_an_attempt_that_cannot_be_saved_goes_on(tmp_path: Path) -> None:
    engine = an_endless_engine()
    engine.disk_failure = OSError("disk full")
    async with a_bench(tmp_path, engine, checkpoint_seconds=0.001) as bench:
        bench.executor.start(an_offer())
        await bench.until(lambda: engine.steps_done > 20)
        bench.executor.cancel(KEY, StopMode.CHECKPOINT)
        ended = await bench.end_of(KEY)
    assert (ended.outcome, ended.checkpoint_step) == (Outcome.PREEMPTED, 0)
    assert any("disk full" in item.text for item in bench.told if isinstance(item, LogLine))


async def test_a_cancel_right_after_the_start_trains_nothing(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer())
        bench.executor.cancel(KEY, StopMode.CANCEL)
        assert (await bench.end_of(KEY)).outcome is Outcome.CANCELLED
    assert engine.steps_done == 0


async def test_a_cancel_while_preparing_is_heard(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.preparing = threading.Event()
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer())
        await asyncio.sleep(0.02)
        bench.executor.cancel(KEY, StopMode.CANCEL)
        assert (await bench.end_of(KEY)).outcome is Outcome.CANCELLED


async def test_a_cancel_while_the_dataset_is_brought_is_heard(tmp_path: Path) -> None:
    async def never(_: OfferAttempt) -> None:
        await asyncio.sleep(1000)

    async with a_bench(tmp_path, FakeEngine(), bring_dataset=never) as bench:
        bench.executor.start(an_offer())
        await asyncio.sleep(0.02)
        bench.executor.cancel(KEY, StopMode.CHECKPOINT)
        assert (await bench.end_of(KEY)).outcome is Outcome.PREEMPTED


async def test_a_dataset_that_is_nowhere_fails_the_attempt_with_its_code(tmp_path: Path) -> None:
    async def missing(_: OfferAttempt) -> None:
        raise BadData("not there")

    async with a_bench(tmp_path, FakeEngine(), bring_dataset=missing) as bench:
        bench.executor.start(an_offer())
        ended = await bench.end_of(KEY)
    assert (ended.outcome, ended.error_code, ended.message) == (Outcome.FAILED, "bad_data", "not there")


async def test_several_attempts_run_at_once_and_one_cancel_stops_one(tmp_path: Path) -> None:
    engine = an_endless_engine()
    keys = [a_key(f"job{number}") for number in range(4)]
    async with a_bench(tmp_path, engine) as bench:
        for key in keys:
            bench.executor.start(an_offer(key.job_id))
        await bench.until(lambda: len(engine.trainings) == 4)
        bench.executor.cancel(keys[0], StopMode.CANCEL)
        await bench.end_of(keys[0])
        assert bench.executor.running() == frozenset(keys[1:])
        for key in keys[1:]:
            bench.executor.cancel(key, StopMode.CANCEL)
        for key in keys:
            await bench.end_of(key)


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (BadData("labels out of range"), "bad_data", "labels out of range"),
        (RuntimeError("boom"), "internal", "RuntimeError in the training thread: boom"),
        (RuntimeError("RESOURCE_EXHAUSTED: 12 GB"), "out_of_memory", "ran out of memory"),
        (MemoryError(), "out_of_memory", "ran out of memory"),
        (OSError("disk"), "machine_failure", "could not read or write"),
        (SystemExit(3), "internal", "SystemExit"),
    ],
)
async def test_whatever_a_thread_raises_becomes_a_failed_attempt(
    tmp_path: Path, failure: BaseException, code: str, words: str
) -> None:
    engine = FakeEngine()
    engine.fails_at_step, engine.failure = 2, failure
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer())
        ended = await bench.end_of(KEY)
    assert (ended.outcome, ended.error_code) == (Outcome.FAILED, code)
    assert words in ended.message


async def test_a_program_that_does_not_fit_is_declined(tmp_path: Path) -> None:
    async with a_bench(tmp_path, FakeEngine(), capacity_bytes=50) as bench:
        bench.executor.start(an_offer(memory_bytes=10))
        ended = await bench.end_of(KEY)
    assert (ended.outcome, ended.error_code) == (Outcome.DECLINED, "out_of_memory")
    assert "needs 100 bytes" in ended.message


async def test_memory_is_given_back_when_the_device_is_free(tmp_path: Path) -> None:
    async with a_bench(tmp_path, FakeEngine(), capacity_bytes=150) as bench:
        for number in (1, 2, 3):
            bench.executor.start(an_offer(number=number))
            assert (await bench.end_of(a_key(number=number))).outcome is Outcome.SUCCEEDED


async def test_a_callback_that_raises_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: object) -> None:
        raise ValueError("a callback's own bug")

    async with a_bench(tmp_path, FakeEngine()) as bench:
        bench.on_progress = bench.on_completion = fail
        with caplog.at_level(logging.ERROR):
            bench.executor.start(an_offer())
            ended = await bench.end_of(KEY)
            bench.executor.start(an_offer(number=2))
            await bench.end_of(a_key(number=2))
    assert ended.outcome is Outcome.SUCCEEDED
    assert "a callback's own bug" in caplog.text


async def test_the_same_attempt_cannot_be_started_twice(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer())
        with pytest.raises(OurBug, match="runs already"):
            bench.executor.start(an_offer())
        bench.executor.cancel(KEY, StopMode.CANCEL)
        await bench.end_of(KEY)


async def test_cancelling_what_does_not_run_says_so(tmp_path: Path) -> None:
    async with a_bench(tmp_path, FakeEngine()) as bench:
        assert not bench.executor.cancel(KEY, StopMode.CANCEL)


async def test_start_cancel_and_is_running_work_from_other_threads(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine) as bench:
        await asyncio.to_thread(bench.executor.start, an_offer())
        assert await asyncio.to_thread(bench.executor.is_running, KEY)
        await bench.until(lambda: engine.steps_done > 0)
        assert await asyncio.to_thread(bench.executor.cancel, KEY, StopMode.CANCEL)
        assert (await bench.end_of(KEY)).outcome is Outcome.CANCELLED


async def test_leaving_the_context_saves_everything_and_waits_for_every_thread(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine) as bench:
        for name in ("one", "two"):
            bench.executor.start(an_offer(name))
        await bench.until(lambda: len(engine.trainings) == 2 and engine.steps_done > 4)
    assert {ended.outcome for ended in bench.ends().values()} == {Outcome.PREEMPTED}
    assert bench.folders.checkpoint("one").exists()
    assert not any(thread.name.startswith("attempt-") for thread in threading.enumerate())


async def test_a_thread_that_outlasts_its_grace_is_reported_once_and_its_device_stays_taken(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine, graces=Graces(training_seconds=0.05)) as bench:
        bench.executor.start(an_offer())
        await bench.until(lambda: engine.steps_done > 0)
        engine.gate.clear()
        bench.executor.cancel(KEY, StopMode.CANCEL)
        await bench.until(lambda: bench.wedged)
        await asyncio.sleep(0.1)
        assert bench.executor.is_running(KEY)
        engine.gate.set()
        assert (await bench.end_of(KEY)).outcome is Outcome.CANCELLED
    assert bench.wedged == [KEY]


async def test_a_checkpoint_that_is_long_in_writing_is_no_wedged_device(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine, graces=Graces(training_seconds=0.02)) as bench:
        bench.executor.start(an_offer())
        await bench.until(lambda: engine.steps_done > 0)
        engine.disk.clear()
        bench.executor.cancel(KEY, StopMode.CHECKPOINT)
        await asyncio.sleep(0.15)
        assert not bench.wedged
        engine.disk.set()
        ended = await bench.end_of(KEY)
    assert (bench.wedged, ended.outcome, ended.checkpoint_step) == ([], Outcome.PREEMPTED, ended.step)


async def test_a_stop_whose_last_copy_fails_leaves_the_newest_good_checkpoint(tmp_path: Path) -> None:
    engine = an_endless_engine()
    async with a_bench(tmp_path, engine, checkpoint_seconds=0.01) as bench:
        bench.executor.start(an_offer())
        await bench.until(lambda: bench.folders.checkpoint("job").exists())
        engine.snapshot_failure = MemoryError("no room for a copy")
        bench.executor.cancel(KEY, StopMode.CHECKPOINT)
        ended = await bench.end_of(KEY)
        saved = int(bench.folders.checkpoint("job").read_text())
    assert (ended.outcome, ended.checkpoint_step) == (Outcome.PREEMPTED, saved)
    told = [item.text for item in bench.told if isinstance(item, LogLine)]
    assert any(f"no room for a copy; the job will go on from step {saved}" in text for text in told)


async def test_compiling_has_a_longer_grace(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.preparing, engine.ignores_stop_while_preparing = threading.Event(), True
    async with a_bench(tmp_path, engine, graces=Graces(training_seconds=0.01, compiling_seconds=100)) as bench:
        bench.executor.start(an_offer())
        await asyncio.sleep(0.02)
        bench.executor.cancel(KEY, StopMode.CANCEL)
        await asyncio.sleep(0.1)
        assert not bench.wedged
        engine.preparing.set()
        assert (await bench.end_of(KEY)).outcome is Outcome.CANCELLED
    assert engine.steps_done == 0


async def test_a_plan_is_answered(tmp_path: Path) -> None:
    async with a_bench(tmp_path, FakeEngine()) as bench:
        bench.executor.plan(PlanRequest("r", SPEC))
        await bench.until(lambda: bench.plans)
    assert (bench.plans[0].request_id, bench.plans[0].memory_bytes) == ("r", 123)


async def test_a_stop_refuses_plans_instead_of_making_them(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.planning = threading.Event()
    async with asyncio.timeout(10):
        async with a_bench(tmp_path, engine) as bench:
            for name in ("begun", "queued"):
                bench.executor.plan(PlanRequest(name, SPEC))
            await asyncio.sleep(0.02)
    engine.planning.set()
    assert [(plan.request_id, plan.error_code) for plan in bench.plans] == [
        ("begun", "machine_failure"),
        ("queued", "machine_failure"),
    ]
