"""What a feed tells its tracker: everything, in order, once, from where the tracker has come, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from central_server.telemetry_records import MetricRow
from central_server.tracker_rules import TrackerName, TrackerRules
from central_server.trackers import feed as feed_module
from central_server.trackers.feed import FeedTimes, TrackerFeed
from central_server.trackers.tracker import Outcome, Place, TrackedJob, TrackerAway, TrackerRefused
from shared.backoff import Backoff
from shared.lifecycle import JobState
from shared.tracker_choice import TrackerChoice
from tests.central_server.trackers.tracked_store import START_MS, Story


@dataclass
class Notebook:
    """A tracker that writes down what it is told, and remembers it as a real one would."""

    takes_back: bool = False
    name: TrackerName = TrackerName.MLFLOW
    jobs: dict[str, TrackedJob] = field(default_factory=dict)
    rows: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    ends: dict[str, Outcome] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    threads: set[int] = field(default_factory=set)
    trouble: Exception | None = None
    loses_answers: bool = False

    def start(self) -> None:
        self.threads.add(threading.get_ident())

    def open(self, job: TrackedJob) -> Place:
        self._do()
        self.jobs[job.job_id] = job
        return self.places.get(job.job_id, Place())

    def add(self, job_id: str, attempt: int, rows: Sequence[MetricRow]) -> None:
        self._do()
        self.rows.setdefault(job_id, []).extend((attempt, row.step) for row in rows)
        self.places[job_id] = Place(attempt if self.takes_back else 0, rows[-1].step)
        if self.loses_answers:
            raise TrackerAway("the answer was lost")

    def finish(self, job_id: str, outcome: Outcome) -> None:
        self._do()
        self.ends[job_id] = outcome

    def leave(self, job_id: str) -> None:
        self.left.append(job_id)

    def close(self) -> None:
        pass

    def steps(self, job_id: str = "job") -> list[int]:
        return [step for _, step in self.rows.get(job_id, [])]

    def _do(self) -> None:
        self.threads.add(threading.get_ident())
        if self.trouble is not None:
            raise self.trouble


async def test_rows_come_in_order_and_once(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    async with story.feeding(notebook) as feeding:
        await story.add_rows(2, 1, 3)
        await feeding.tell()
        await story.add_rows(4, 5)
        await feeding.tell()
        await feeding.tell()
    assert notebook.steps() == [1, 2, 3, 4, 5]
    assert notebook.ends == {}


async def test_a_long_history_is_told_in_pieces(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "ROWS_AT_ONCE", 4)
    notebook = Notebook()
    await story.run_job()
    await story.add_rows(*range(1, 12))
    async with story.feeding(notebook) as feeding:
        await story.end()
        assert await feeding.feed.tell_all(feeding.thread)
        assert notebook.steps() == [1, 2, 3, 4]
        await feeding.tell()
    assert notebook.steps() == list(range(1, 12))
    assert "job" in notebook.ends


async def test_a_job_is_told_with_what_it_was_asked_to_do_and_how_it_ended(story: Story) -> None:
    notebook = Notebook()
    await story.run_job(spec={"name": "digits", "epochs": 3, "labels": {"team": "vision"}})
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
        await story.end()
        await feeding.tell()
    job, outcome = notebook.jobs["job"], notebook.ends["job"]
    assert (job.title, job.user_id, job.started_at_ms) == ("digits", "local", START_MS)
    assert job.parameters["epochs"] == 3
    assert job.parameters["learning_rate"] == 0.001
    assert job.tags["label.team"] == "vision"
    assert (outcome.state, outcome.duration_seconds) == (JobState.SUCCEEDED, 60.0)
    assert outcome.metrics == {"test_accuracy": 0.75}


async def test_an_end_waits_until_the_last_rows_can_be_here(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    async with story.feeding(notebook) as feeding:
        await story.end(settled=False)
        await feeding.tell()
        assert notebook.ends == {}
        await story.add_rows(9)
        story.clock.now_ms += 4_000
        await feeding.tell()
    assert notebook.steps() == [9]
    assert "job" in notebook.ends


async def test_a_restart_goes_on_where_the_tracker_is(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    await story.add_rows(1, 2)
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
    await story.add_rows(3)
    story.forget_memory()
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
    assert notebook.steps() == [1, 2, 3]


async def test_a_job_that_ended_while_nobody_looked_is_told_after_the_restart(story: Story) -> None:
    notebook = Notebook()
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
    await story.run_job()
    await story.add_rows(1)
    await story.end()
    story.forget_memory()
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
    assert notebook.steps() == [1]
    assert "job" in notebook.ends


async def test_an_end_that_the_tracker_knows_is_told_no_second_time(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    async with story.feeding(notebook) as feeding:
        await story.end()
        await feeding.tell()
    assert "job" in notebook.ends
    notebook.ends.clear()
    story.forget_memory()
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
    assert notebook.ends == {}


async def test_jobs_that_ended_before_there_was_a_tracker_are_not_told(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    await story.end()
    story.forget_memory()
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
    assert notebook.jobs == {}


async def test_a_tracker_that_keeps_everything_is_told_no_step_twice_when_an_attempt_is_run_again(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    await story.add_rows(1, 2, 3)
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
        await story.begin_again()
        await story.add_rows(1, 2, 3, 4)
        await feeding.tell()
        await story.end()
        await feeding.tell()
    assert notebook.steps() == [1, 2, 3, 4]


async def test_a_tracker_that_takes_back_is_told_anew_what_another_attempt_tells(story: Story) -> None:
    notebook = Notebook(takes_back=True)
    await story.run_job()
    await story.add_rows(1, 2, 3)
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
        await story.begin_again()
        await feeding.tell()
        assert notebook.rows["job"] == [(1, 1), (1, 2), (1, 3)], "the new attempt has told nothing yet"
        await story.add_rows(1, 2)
        await feeding.tell()
        await story.add_rows(4)
        await feeding.tell()
        await story.end()
        await feeding.tell()
    assert notebook.rows["job"] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (2, 4)]


async def test_a_lost_answer_makes_no_repeat(story: Story) -> None:
    notebook = Notebook(loses_answers=True)
    await story.run_job()
    await story.add_rows(1, 2)
    async with running(story, notebook):
        await until(lambda: notebook.steps() == [1, 2])
        notebook.loses_answers = False
        await story.add_rows(3)
        await until(lambda: notebook.steps() == [1, 2, 3])


async def test_a_tracker_that_is_away_is_told_everything_when_it_is_back(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    notebook = Notebook(trouble=TrackerAway("no route"))
    await story.run_job()
    await story.add_rows(1)
    async with running(story, notebook):
        await until(lambda: "tracker_is_away" in caplog.messages)
        await story.add_rows(2)
        await story.end()
        notebook.trouble = None
        await until(lambda: "job" in notebook.ends)
    assert notebook.steps() == [1, 2]
    assert caplog.messages.count("tracker_is_away") == 1, "one line, however often it is tried"


@pytest.mark.parametrize("trouble", [TrackerRefused("no such experiment"), KeyError("a bug of a library")])
async def test_one_job_that_cannot_be_told_takes_no_other_along(story: Story, trouble: Exception) -> None:
    notebook = Notebook()
    await story.run_job("bad")
    async with story.feeding(notebook) as feeding:
        notebook.trouble = trouble
        await feeding.tell()
        notebook.trouble = None
        await story.run_job("good")
        await story.add_rows(1, job_id="good")
        await feeding.tell()
        assert list(feeding.feed._open.job_ids) == ["good"]
        await story.end("good")
        await feeding.tell()
    assert notebook.left == ["bad"], "it is not tried again in every round"
    assert notebook.steps("good") == [1]


async def test_a_deleted_job_is_left_as_it_is(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    await story.add_rows(1)
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
        await story.delete()
        await feeding.tell()
    assert notebook.left == ["job"]
    assert notebook.steps() == [1]
    assert await story.store.facts("tracker:mlflow:") == {}


async def test_another_job_under_the_id_of_a_deleted_one_is_another_run(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
        await story.delete()
        story.clock.now_ms += 1
        await story.run_job()
        await feeding.tell()
    assert notebook.left == ["job"]
    assert notebook.jobs["job"].submitted_at_ms == START_MS + 1


async def test_a_job_goes_where_it_chooses_among_what_there_is(story: Story) -> None:
    both = frozenset(TrackerName)
    no, yes = TrackerChoice(mlflow=False), TrackerChoice(mlflow=True)
    silent = TrackerChoice()
    assert [TrackerRules(both).wants(choice, TrackerName.MLFLOW) for choice in (no, yes, silent)] == [False, True, True]
    asked = TrackerRules(both, for_all=False)
    assert [asked.wants(choice, TrackerName.MLFLOW) for choice in (no, yes, silent)] == [False, True, False]
    notebook = Notebook()
    await story.run_job("silent")
    await story.run_job("asks", spec={"trackers": yes})
    async with story.feeding(notebook, asked) as feeding:
        await feeding.tell()
    assert list(notebook.jobs) == ["asks"]


async def test_the_tracker_is_never_called_in_the_event_loops_thread(story: Story) -> None:
    notebook = Notebook()
    await story.run_job()
    await story.add_rows(1)
    async with story.feeding(notebook) as feeding:
        await feeding.tell()
    assert len(notebook.threads) == 1
    assert threading.get_ident() not in notebook.threads


async def test_a_tracker_that_hangs_holds_up_no_stop(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "PATIENCE_SECONDS", 0.05)
    hangs, released = threading.Event(), threading.Event()

    class Stuck(Notebook):
        def open(self, job: TrackedJob) -> Place:
            hangs.set()
            released.wait(10)
            return super().open(job)

    await story.run_job()
    async with asyncio.timeout(5), running(story, Stuck()):
        await until(hangs.is_set)
    released.set()


@contextlib.asynccontextmanager
async def running(story: Story, tracker: Any) -> Any:
    """The feed as the server runs it."""
    feed = TrackerFeed(
        tracker,
        TrackerRules(frozenset(TrackerName)),
        store=story.store,
        read_model=story.read_model,
        clock=story.clock,
        uniform=lambda: 0.5,
        times=FeedTimes(round_seconds=0.01, settle_seconds=0, backoff=Backoff(0.02, 0.02, 0.01)),
    )
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(feed.run())
        yield
        task.cancel()


async def until(holds: Any) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for is in another thread
            await asyncio.sleep(0.005)
