"""One job as a stream of events: its row when it changes, new rows of its history, new lines of its log, its end.

An event's id says how far its reader has come; from there a reader that comes back goes on.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace
from typing import Self

from central_server.pacing import Pace
from central_server.watchers import Watch, Watchers
from central_server.web.event_stream import BEGINNING, COMMENT, QUIET_SECONDS, OpenStreams, event_bytes
from central_server.web.json_answer import json_bytes
from central_server.web.shown_jobs import ShownJob, ShownJobs
from central_server.web.tails import Tail, Tails
from shared.errors import InvalidField, NotFound, StoreUnavailable

GAP_SECONDS = 0.1
"""The least time between two looks: what happens meanwhile is told together."""
REASON_SECONDS = 1.0
"""How often a waiting job's reason is looked at again: it changes with other jobs, which nobody is told of."""
STRAGGLER_SECONDS = 1.0
"""How long rows and lines that a node sent before the end may take to arrive after it."""
_PLACE = re.compile(r"(\d{1,18}):(-1|\d{1,18}):(\d{1,18})(?::(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a reader has come.

    Attributes:
        update: the number of the last row of the job itself.
        step: of the last row of its history; -1 before the first.
        line: the sequence of the last line of its log.
        attempt: which the step belongs to; None takes the current one.
    """

    update: int = 0
    step: int = -1
    line: int = 0
    attempt: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the place that an event's id says; the beginning for no text.

        Raises:
            InvalidField: it is no id of ours.
        """
        if not text:
            return cls()
        said = _PLACE.fullmatch(text)
        if said is None:
            raise InvalidField(
                f"since must be the id of an earlier event, UPDATE:STEP:LINE, got {text[:80]!r}", field="since"
            )
        update, step, line, attempt = said.groups()
        return cls(int(update), int(step), int(line), int(attempt) if attempt else None)

    def __str__(self) -> str:
        """Return the id."""
        attempt = f":{self.attempt}" if self.attempt is not None else ""
        return f"{self.update}:{self.step}:{self.line}{attempt}"


class JobEvents:
    """Makes streams."""

    def __init__(self, watchers: Watchers, shown: ShownJobs, tails: Tails, streams: OpenStreams) -> None:
        self._watchers = watchers
        self._shown = shown
        self._tails = tails
        self._streams = streams

    async def of(self, job_id: str, place: Place) -> AsyncGenerator[bytes, None]:
        """Give events from `place` on until the job has ended and everything was told, or the server stops."""
        with self._streams.one_more(), self._watchers.watch(job_id, with_telemetry=True) as watch:
            yield BEGINNING
            try:
                async for event in _Reader(job_id, place, watch, self._watchers, self._shown, self._tails).events():
                    yield event
            except NotFound:
                yield event_bytes("gone", json_bytes({"job_id": job_id}), str(place))
            except StoreUnavailable:
                return  # the reader comes back with the last id it has


class _Reader:
    """One stream's state."""

    def __init__(
        self, job_id: str, place: Place, watch: Watch, watchers: Watchers, shown: ShownJobs, tails: Tails
    ) -> None:
        self._job_id = job_id
        self._place = replace(place, update=watchers.place_of(place.update))
        self._watch = watch
        self._watchers = watchers
        self._shown = shown
        self._tails = tails
        self._reason = ""
        self._told_end = False

    async def events(self) -> AsyncIterator[bytes]:
        pace = Pace(GAP_SECONDS)
        is_last_look = False
        while True:
            await pace.wait()
            job = await self._shown.now(self._job_id)
            for event in self._news_of_job(job):
                yield event
            async for event in self._news_of_tails():
                yield event
            if job.has_ended and is_last_look:
                yield event_bytes("end", job.data, str(self._place))
                return
            is_last_look = job.has_ended
            if not await self._watch.wait(self._seconds_to_wait(job)) and not (job.has_ended or job.waiting_reason):
                yield COMMENT

    def _news_of_job(self, job: ShownJob) -> list[bytes]:
        """Tell of the job when it has changed; a new attempt tells its part of the history again."""
        place = self._place
        if place.attempt is not None and job.attempt != place.attempt:
            place = replace(place, step=min(place.step, job.resumed_from_step))
        self._place = place = replace(place, attempt=job.attempt)
        # Another server may have counted further; an end that was not told here is told all the same.
        is_untold_end = job.has_ended and not self._told_end and job.sequence < place.update
        if not (job.sequence > place.update or is_untold_end or job.waiting_reason != self._reason):
            return []
        self._reason, self._told_end = job.waiting_reason, job.has_ended
        self._place = replace(place, update=max(place.update, job.sequence))
        return [event_bytes("job", job.data, str(self._place))]

    async def _news_of_tails(self) -> AsyncIterator[bytes]:
        while (rows := await self._tails.rows_after(self._job_id, self._place.step)).data:
            self._place = replace(self._place, step=rows.last)
            yield self._event("points", rows)
        while (lines := await self._tails.lines_after(self._job_id, self._place.line)).data:
            self._place = replace(self._place, line=lines.last)
            yield self._event("log", lines)

    def _event(self, name: str, tail: Tail) -> bytes:
        return event_bytes(name, tail.data, str(self._place))

    def _seconds_to_wait(self, job: ShownJob) -> float:
        if job.has_ended:
            return STRAGGLER_SECONDS
        return REASON_SECONDS if job.waiting_reason else QUIET_SECONDS
