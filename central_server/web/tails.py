"""New rows and log lines of a job, read and written as JSON once however many streams follow it.

Streams that stand at the same place ask the same question; the answer is kept until the job has grown again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from central_server.ports import Store
from central_server.watchers import Watchers
from central_server.web.job_json import json_from_log_line, json_from_metrics
from central_server.web.json_answer import json_bytes

ROWS_AT_ONCE = 500
LINES_AT_ONCE = 500
KEPT = 256
_LOCKS = 16

_Key = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Tail:
    """What stands behind a place.

    Attributes:
        data: a JSON array; empty when nothing does.
        last: the place of the last of it.
    """

    data: bytes
    last: int


class Tails:
    """Belongs to the event loop's thread."""

    def __init__(self, store: Store, watchers: Watchers) -> None:
        self._store = store
        self._watchers = watchers
        self._kept: OrderedDict[_Key, Tail] = OrderedDict()
        self._locks = [asyncio.Lock() for _ in range(_LOCKS)]

    async def rows_after(self, job_id: str, step: int) -> Tail:
        """Return rows of the job's history after a step, at most `ROWS_AT_ONCE`."""
        return await self._shared("rows", job_id, step, partial(self._read_rows, job_id, step))

    async def lines_after(self, job_id: str, sequence: int) -> Tail:
        """Return lines of the job's log after one, at most `LINES_AT_ONCE`."""
        return await self._shared("lines", job_id, sequence, partial(self._read_lines, job_id, sequence))

    async def _shared(self, kind: str, job_id: str, place: int, read: Callable[[], Awaitable[Tail]]) -> Tail:
        async with self._locks[hash(job_id) % _LOCKS]:
            key = (kind, job_id, place, self._watchers.growth(job_id))
            if key not in self._kept:
                tail = await read()
                self._kept[key] = tail
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]

    async def _read_rows(self, job_id: str, step: int) -> Tail:
        rows = await self._store.metric_rows(job_id, after_step=step, limit=ROWS_AT_ONCE)
        if not rows:
            return Tail(b"", step)
        return Tail(json_bytes([json_from_metrics(row) for row in rows]), rows[-1].step)

    async def _read_lines(self, job_id: str, sequence: int) -> Tail:
        lines = await self._store.log_lines(job_id, after_sequence=sequence, limit=LINES_AT_ONCE)
        if not lines:
            return Tail(b"", sequence)
        return Tail(json_bytes([json_from_log_line(line) for line in lines]), lines[-1].sequence)
