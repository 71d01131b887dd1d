"""Tells one tracker what the store holds: every few seconds, in a thread of its own, from where the tracker has come.

It reads rows that are durable and nothing else, so a tracker that is away, slow or new is told later and misses
nothing; nobody waits for it. It decides nothing about jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from central_server.ports import EndedJob, Store
from central_server.read_model import ReadModel
from central_server.scheduler.jobs import JobRecord
from central_server.structured_logging import log_context, log_event
from central_server.telemetry_records import MetricRow
from central_server.tracker_rules import TrackerRules
from central_server.trackers.job_for_trackers import outcome_of, tracked_job
from central_server.trackers.open_jobs import OpenJobs
from central_server.trackers.own_thread import OwnThread
from central_server.trackers.tracker import Place, Tracker, TrackerAway, TrackerRefused
from shared.backoff import Backoff
from shared.clock import Clock
from shared.errors import StoreUnavailable
from shared.lifecycle import job_has_ended

ROUND_SECONDS = 2.0
SETTLE_SECONDS = 4.0
"""A node waits for half as long before it tells of an end, so that its last rows are here by then."""
ROWS_AT_ONCE = 1_000
PAGE_JOBS = 100
PATIENCE_SECONDS = 1.0
"""How long a stop waits for the call that is under way."""

_BACKOFF = Backoff(first_seconds=4.0, cap_seconds=120.0, floor_seconds=1.0)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedTimes:
    """How often, and how long after a job's end; tests are in more of a hurry."""

    round_seconds: float = ROUND_SECONDS
    settle_seconds: float = SETTLE_SECONDS
    backoff: Backoff = _BACKOFF


@dataclass(slots=True)
class _Opened:
    """An open job: which one of its id, how far the tracker has come, and the record after which nothing was new."""

    submitted_at_ms: int
    place: Place
    quiet_since: JobRecord | None = None


class TrackerFeed:
    """The task of one tracker. It belongs to the event loop; the tracker belongs to its thread.

    Args:
        uniform: draws the jitter of waits from [0, 1).
    """

    def __init__(
        self,
        tracker: Tracker,
        rules: TrackerRules,
        *,
        store: Store,
        read_model: ReadModel,
        clock: Clock,
        uniform: Callable[[], float],
        times: FeedTimes | None = None,
    ) -> None:
        self._tracker = tracker
        self._rules = rules
        self._store = store
        self._read_model = read_model
        self._clock = clock
        self._uniform = uniform
        self._times = times or FeedTimes()
        self._open = OpenJobs(tracker.name, store)
        self._opened: dict[str, _Opened] = {}
        self._given_up: frozenset[str] = frozenset()
        self._failures = 0

    @property
    def name(self) -> str:
        """The tracker's name."""
        return self._tracker.name.value

    async def run(self) -> None:
        """Tell what there is, again and again, until cancelled."""
        thread = OwnThread(f"tracker-{self._tracker.name}")
        try:
            await self._until_done(lambda: self._open.load(self._clock.unix_ms()))
            await self._until_done(lambda: thread.run(self._tracker.start))
            while True:
                has_more = False

                async def tell() -> None:
                    nonlocal has_more
                    has_more = await self.tell_all(thread)

                await self._until_done(tell)
                await asyncio.sleep(0 if has_more else self._times.round_seconds)
        finally:
            thread.close(self._tracker.close, patience_seconds=PATIENCE_SECONDS)

    async def tell_all(self, thread: OwnThread) -> bool:
        """Do one round; return whether some job had more rows than are told at once.

        Raises:
            TrackerAway: the tracker cannot be reached.
            StoreUnavailable: neither can the store.
        """
        await self._note_new_jobs(thread)
        has_more = False
        for job_id in tuple(self._open.job_ids):
            with log_context(job_id=job_id):
                has_more |= await self._tell_job(thread, job_id)
        return has_more

    async def _note_new_jobs(self, thread: OwnThread) -> None:
        live = self._read_model.live_jobs()
        if self._given_up:
            self._given_up &= {job_id for job_id, _ in live}
        await self._open.note(await thread.run(self._wanted, live), self._open.seen_to)
        while (page := await self._store.ended_jobs(after=self._open.seen_to, limit=PAGE_JOBS)).jobs:
            await self._open.note(await self._wanted_of(page.jobs), page.jobs[-1])

    def _wanted(self, live: Iterable[tuple[str, JobRecord]]) -> list[str]:
        return [job_id for job_id, record in live if job_id not in self._given_up and self._wants(record)]

    async def _wanted_of(self, ended: Iterable[EndedJob]) -> list[str]:
        names = [job.job_id for job in ended if job.job_id not in self._open.job_ids]
        records = [await self._record(job_id) for job_id in names]
        return [record.job_id for record in records if record is not None and self._wants(record)]

    def _wants(self, record: JobRecord) -> bool:
        """A job that was never tried has nothing to show."""
        return bool(record.attempts) and self._rules.wants(record.spec.trackers, self._tracker.name)

    async def _record(self, job_id: str) -> JobRecord | None:
        seen = self._read_model.seen_now(job_id)
        return seen.record if seen else await self._store.find_job(job_id)

    async def _tell_job(self, thread: OwnThread, job_id: str) -> bool:
        record = await self._record(job_id)
        try:
            if record is None:
                await self._leave(thread, job_id)
                return False
            return await self._tell_record(thread, record)
        except TrackerRefused as refusal:
            log_event(_logger, "tracker_refused", is_warning=True, tracker=self._tracker.name, why=str(refusal))
        except (TrackerAway, StoreUnavailable):
            raise
        except Exception as broken:  # noqa: BLE001 - a library that breaks over one job must not take others along
            log_event(_logger, "tracker_broke", is_error=True, exception=broken, tracker=self._tracker.name)
        self._given_up |= {job_id}
        await self._leave(thread, job_id)
        return False

    async def _tell_record(self, thread: OwnThread, record: JobRecord) -> bool:
        job_id, number = record.job_id, len(record.attempts)
        opened = await self._opened_job(thread, record)
        if opened.quiet_since is record:
            return False
        has_settled = self._has_settled(record)
        is_over = job_has_ended(record.state) and has_settled
        rows = await self._rows(record, opened.place, is_over=is_over)
        if rows:
            await thread.run(self._tracker.add, job_id, number, rows)
            opened.place = Place(number, rows[-1].step)
        if len(rows) == ROWS_AT_ONCE:
            return True
        if is_over:
            await thread.run(self._tracker.finish, job_id, outcome_of(record))
            await self._forget(job_id)
        elif has_settled:
            opened.quiet_since = record
        return False

    async def _opened_job(self, thread: OwnThread, record: JobRecord) -> _Opened:
        opened = self._opened.get(record.job_id)
        if opened is not None and opened.submitted_at_ms != record.submitted_at_ms:
            await thread.run(self._tracker.leave, record.job_id)  # deleted, and another one under its id
            opened = None
        if opened is None:
            place = await thread.run(self._tracker.open, tracked_job(record))
            opened = self._opened[record.job_id] = _Opened(record.submitted_at_ms, place)
        return opened

    async def _rows(self, record: JobRecord, place: Place, *, is_over: bool) -> tuple[MetricRow, ...]:
        """Return what the tracker has not been told.

        An attempt that goes on after another tells the history anew from its first row on, so of the current
        attempt's rows there is always a beginning, and what an earlier one left stands behind it until the end.
        """
        number = len(record.attempts)
        is_told_anew = self._tracker.takes_back and place.attempt != number
        after = -1 if is_told_anew else place.step
        rows = await self._store.metric_rows(record.job_id, after_step=after, limit=ROWS_AT_ONCE)
        if is_over or not self._tracker.takes_back:
            return rows
        fresh = next((index for index, row in enumerate(rows) if row.attempt != number), len(rows))
        return rows[:fresh]

    def _has_settled(self, record: JobRecord) -> bool:
        """Tell whether the last attempt ended so long ago that all its rows are here."""
        ended_at_ms = record.attempts[-1].ended_at_ms if record.attempts else record.ended_at_ms
        return 0 < ended_at_ms <= self._clock.unix_ms() - self._times.settle_seconds * 1000

    async def _leave(self, thread: OwnThread, job_id: str) -> None:
        await thread.run(self._tracker.leave, job_id)
        await self._forget(job_id)

    async def _forget(self, job_id: str) -> None:
        await self._open.cross_out(job_id)
        self._opened.pop(job_id, None)

    async def _until_done(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, with longer and longer waits while tracker or store are away; one line when that begins and ends."""
        while True:
            try:
                await work()
            except (TrackerAway, StoreUnavailable) as away:
                await self._wait_after(away)
            except Exception as broken:  # noqa: BLE001 - the server has more to do than to feed a tracker
                log_event(_logger, "tracker_broke", is_error=True, exception=broken, tracker=self._tracker.name)
                await self._wait_after(broken)
            else:
                if self._failures:
                    log_event(_logger, "tracker_is_back", tracker=self._tracker.name, failures=self._failures)
                self._failures = 0
                return

    async def _wait_after(self, away: Exception) -> None:
        if not self._failures:
            log_event(_logger, "tracker_is_away", is_warning=True, tracker=self._tracker.name, why=str(away))
        self._failures += 1
        self._opened.clear()  # what of the last words arrived is for the tracker to say
        await asyncio.sleep(self._times.backoff.wait_seconds(self._failures, self._uniform()))
