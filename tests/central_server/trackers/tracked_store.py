"""A store with jobs and rows, and a feed on it that a test lets go round by round."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from central_server.read_model import ReadModel
from central_server.scheduler.effects import RemoveJob, SaveJob
from central_server.scheduler.jobs import JobRecord, JobResult
from central_server.storage.store import SqlStore
from central_server.telemetry_records import MetricRow
from central_server.tracker_rules import TrackerName, TrackerRules
from central_server.trackers.feed import FeedTimes, TrackerFeed
from central_server.trackers.own_thread import OwnThread
from central_server.trackers.tracker import Tracker
from central_server.watchers import Watchers
from shared.backoff import Backoff
from shared.lifecycle import AttemptState, JobState
from tests.builders import a_job, a_spec, an_attempt

START_MS = 1_700_000_000_000


@dataclass
class HandClock:
    """Moved by hand; the wall clock alone matters here."""

    now_ms: int = START_MS

    def unix_ms(self) -> int:
        return self.now_ms

    def monotonic_seconds(self) -> float:
        return self.now_ms / 1000


@dataclass
class Story:
    """What happens to jobs, written as the server would write it."""

    store: SqlStore
    clock: HandClock = field(default_factory=HandClock)
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    read_model: ReadModel = field(init=False)

    def __post_init__(self) -> None:
        self.forget_memory()

    def forget_memory(self) -> None:
        """As a process that has just been started."""
        self.read_model = ReadModel(self.store, Watchers(1))
        for record in self.jobs.values():
            if not record.ended_at_ms:
                self.read_model.publish_job(record)

    async def run_job(self, job_id: str = "job", *, spec: Mapping[str, Any] | None = None) -> None:
        """A job begins its first attempt."""
        record = a_job(
            job_id,
            sequence=len(self.jobs) + 1,
            spec=a_spec(**(spec or {})),
            state=JobState.RUNNING,
            submitted_at_ms=self.clock.now_ms,
            started_at_ms=self.clock.now_ms,
            attempts=(replace(an_attempt(1), offered_at_ms=self.clock.now_ms),),
        )
        await self.save(record)

    async def add_rows(self, *steps: int, job_id: str = "job", loss: float = 0.5) -> None:
        """The current attempt tells rows."""
        number = len(self.jobs[job_id].attempts)
        rows = [MetricRow(job_id, number, step, 1, self.clock.now_ms + step, {"loss": loss}) for step in steps]
        await self.store.add_telemetry(rows, ())

    async def begin_again(self, job_id: str = "job") -> None:
        """The attempt is lost, and another one begins."""
        record = self.jobs[job_id]
        lost = replace(record.attempts[-1], state=AttemptState.LOST, ended_at_ms=self.clock.now_ms)
        fresh = replace(an_attempt(lost.number + 1), offered_at_ms=self.clock.now_ms)
        await self.save(replace(record, attempts=(*record.attempts[:-1], lost, fresh)))

    async def end(self, job_id: str = "job", state: JobState = JobState.SUCCEEDED, *, settled: bool = True) -> None:
        """The job ends, some time ago when it has settled."""
        record = self.jobs[job_id]
        self.clock.now_ms += 60_000
        last = replace(record.attempts[-1], state=AttemptState(state.value), ended_at_ms=self.clock.now_ms)
        result = JobResult((), {"test_accuracy": 0.75}, 1.0) if state is JobState.SUCCEEDED else None
        await self.save(
            replace(
                record,
                state=state,
                attempts=(*record.attempts[:-1], last),
                ended_at_ms=self.clock.now_ms,
                step=10,
                result=result,
                reason="for a reason",
            )
        )
        self.clock.now_ms += 10_000 if settled else 0

    async def save(self, record: JobRecord) -> None:
        """Commit and show a record."""
        self.jobs[record.job_id] = record
        await self.store.commit([SaveJob(record)])
        self.read_model.publish_job(record)

    async def delete(self, job_id: str = "job") -> None:
        """The job is gone."""
        del self.jobs[job_id]
        await self.store.commit([RemoveJob(job_id)])
        self.read_model.remove_job(job_id)

    @asynccontextmanager
    async def feeding(self, tracker: Tracker, rules: TrackerRules | None = None) -> AsyncIterator[Feeding]:
        """A feed of a process of its own."""
        feed = TrackerFeed(
            tracker,
            rules or TrackerRules(frozenset(TrackerName)),
            store=self.store,
            read_model=self.read_model,
            clock=self.clock,
            uniform=lambda: 0.5,
            times=FeedTimes(round_seconds=0.01, backoff=Backoff(0.01, 0.02, 0.01)),
        )
        thread = OwnThread("tracker")
        try:
            await feed._open.load(self.clock.now_ms)
            await thread.run(tracker.start)
            yield Feeding(feed, thread)
        finally:
            thread.close(tracker.close, patience_seconds=5)


@dataclass
class Feeding:
    """A feed and its thread."""

    feed: TrackerFeed
    thread: OwnThread

    async def tell(self) -> None:
        """Let everything be told that is there."""
        while await self.feed.tell_all(self.thread):
            pass


@asynccontextmanager
async def a_story(folder: Path) -> AsyncIterator[Story]:
    """An empty store, and what will happen in it."""
    store = SqlStore.open(f"sqlite:///{folder / 'central.sqlite3'}")
    try:
        yield Story(store)
    finally:
        await store.close()
