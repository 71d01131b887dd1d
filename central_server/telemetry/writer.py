"""Writes metric rows and log lines in batches, some thirty transactions a second however many streams there are.

Control and telemetry share the store's one writer, so a control commit waits for at most one small batch of these.
When too much waits to be written, `add` waits too, and with it the stream that called.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from central_server.ports import Store
from central_server.structured_logging import log_event
from central_server.telemetry_records import LogLine, MetricRow
from central_server.watchers import Watchers
from shared.errors import StoreUnavailable

COLLECT_SECONDS = 0.03
"""The least time between the starts of two writes: what comes alone is written at once, a flood in few transactions."""
BATCH_RECORDS = 2_000
CAPACITY_RECORDS = 50_000

_logger = logging.getLogger(__name__)


class TelemetryWriter:
    """The queue and the one task that empties it."""

    def __init__(self, store: Store, watchers: Watchers) -> None:
        self._store = store
        self._watchers = watchers
        self._rows: list[MetricRow] = []
        self._lines: list[LogLine] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._filled = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def add(self, rows: Sequence[MetricRow], lines: Sequence[LogLine]) -> asyncio.Future[None]:
        """Queue rows and lines; the future is done when they are durable, or has `StoreUnavailable`."""
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not rows and not lines:
            durable.set_result(None)
            return durable
        await self._has_room.wait()
        self._rows += rows
        self._lines += lines
        self._waiting.append(durable)
        self._filled.set()
        if len(self._rows) + len(self._lines) >= CAPACITY_RECORDS:
            self._has_room.clear()
        return durable

    async def run(self) -> None:
        """Write what is queued, again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._filled.wait()
            next_start = loop.time() + COLLECT_SECONDS
            await self.flush()
            await asyncio.sleep(max(0.0, next_start - loop.time()))

    async def flush(self) -> None:
        """Write all that is queued now."""
        rows, lines, waiting = self._rows, self._lines, self._waiting
        self._rows, self._lines, self._waiting = [], [], []
        self._filled.clear()
        self._has_room.set()
        try:
            await self._write(rows, lines)
        except StoreUnavailable as failure:
            log_event(_logger, "telemetry_not_written", is_warning=True, rows=len(rows), lines=len(lines))
            _settle(waiting, failure)
            return
        _settle(waiting, None)
        for job_id in sorted({row.job_id for row in rows} | {line.job_id for line in lines}):
            self._watchers.telemetry_grew(job_id)

    async def _write(self, rows: list[MetricRow], lines: list[LogLine]) -> None:
        """In pieces, so that a control commit can go between them."""
        for start in range(0, len(rows), BATCH_RECORDS):
            await self._store.add_telemetry(rows[start : start + BATCH_RECORDS], ())
        for start in range(0, len(lines), BATCH_RECORDS):
            await self._store.add_telemetry((), lines[start : start + BATCH_RECORDS])


def _settle(waiting: list[asyncio.Future[None]], failure: StoreUnavailable | None) -> None:
    for durable in waiting:
        if durable.done():
            continue
        if failure is None:
            durable.set_result(None)
        else:
            durable.set_exception(failure)
            durable.exception()  # the stream may be gone; then nobody else asks for it
