"""Takes what telemetry streams bring: shows live progress, queues rows and lines, drops what is fenced off.

What comes from a node that does not own the attempt is counted and dropped; of an older attempt only log lines are
kept, since its rows could overwrite those of the attempt that took its place. Nothing here touches the control loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from central_server.read_model import ReadModel
from central_server.structured_logging import log_event
from central_server.telemetry.writer import TelemetryWriter
from central_server.telemetry_records import DeviceUse, LogLine, MetricRow, Progress
from shared.errors import NotFound

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Attempts:
    """A job's attempts on one node, and the number of the current one when it is among them, else 0."""

    numbers: frozenset[int] = frozenset()
    current: int = 0


class TelemetryIngest:
    """A `TelemetrySink` over the read model and the batched writer."""

    def __init__(self, read_model: ReadModel, writer: TelemetryWriter) -> None:
        self._read_model = read_model
        self._writer = writer
        self.dropped = 0
        """How many records were fenced off since the start."""
        self.dropped_by_nodes: dict[str, int] = {}
        """How many records each node says it has dropped since it started."""

    async def take(
        self,
        node_id: str,
        live: Sequence[tuple[str, Progress]],
        rows: Sequence[MetricRow],
        lines: Sequence[LogLine],
    ) -> asyncio.Future[None]:
        """Show what is live and queue the rest; the future is done when rows and lines are durable."""
        jobs = {job_id for job_id, _ in live} | {row.job_id for row in rows} | {line.job_id for line in lines}
        owned = {job_id: await self._attempts_on(node_id, job_id) for job_id in sorted(jobs)}
        current = {job_id: attempts.current for job_id, attempts in owned.items()}
        for job_id, progress in live:
            if progress.attempt == current[job_id] and self._read_model.seen_now(job_id):
                self._read_model.publish_progress(job_id, progress)
        kept_rows = [row for row in rows if row.attempt == current[row.job_id]]
        kept_lines = [line for line in lines if line.attempt in owned[line.job_id].numbers]
        self._count_dropped(node_id, len(rows) + len(lines) - len(kept_rows) - len(kept_lines))
        return await self._writer.add(kept_rows, kept_lines)

    def take_uses(self, node_id: str, uses: Sequence[DeviceUse], dropped: int) -> None:
        """Show what a node measured of its devices, and how many records it had to drop since it started."""
        if uses:
            self._read_model.publish_uses(node_id, uses)
        self.dropped_by_nodes[node_id] = dropped

    async def _attempts_on(self, node_id: str, job_id: str) -> _Attempts:
        try:
            record = (await self._read_model.find(job_id)).record
        except NotFound:
            return _Attempts()
        numbers = frozenset(attempt.number for attempt in record.attempts if attempt.node_id == node_id)
        return _Attempts(numbers, len(record.attempts) if len(record.attempts) in numbers else 0)

    def _count_dropped(self, node_id: str, count: int) -> None:
        if count:
            self.dropped += count
            log_event(_logger, "telemetry_dropped", node=node_id, records=count, total=self.dropped)
