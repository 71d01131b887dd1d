"""Lets people watch jobs at a server that stands by: looks in the store at what is watched. It decides nothing."""

from __future__ import annotations

import asyncio
import logging

from central_server.ports import Store
from central_server.scheduler.jobs import JobRecord
from central_server.structured_logging import log_event
from central_server.telemetry_records import MetricRow
from central_server.watchers import Watchers
from shared.clock import Clock
from shared.errors import StoreUnavailable

LOOK_SECONDS = 0.5

_Seen = tuple[JobRecord | None, MetricRow | None]

_logger = logging.getLogger(__name__)


class StandbyWatch:
    """Wakes watchers when the decider has written something new about their job."""

    def __init__(self, store: Store, watchers: Watchers, clock: Clock) -> None:
        self._store = store
        self._watchers = watchers
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except StoreUnavailable as failure:
                log_event(_logger, "standby_cannot_read", is_warning=True, cause=str(failure))

    async def look(self) -> None:
        """Look once at each job that is watched."""
        watched = self._watchers.watched()
        rows = await self._store.last_metric_rows(watched)
        now = {job_id: (await self._store.find_job(job_id), rows.get(job_id)) for job_id in watched}
        self._watchers.number_from(self._clock.unix_ms())
        for job_id, seen in now.items():
            if self._seen.get(job_id) != seen:
                self._watchers.job_changed(job_id)
            else:
                self._watchers.telemetry_grew(job_id)  # perhaps; who follows rows and lines looks by itself
        self._seen = now
