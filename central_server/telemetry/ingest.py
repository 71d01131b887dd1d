"""Takes what telemetry streams bring: shows live progress, queues rows and lines, drops what is fenced off.

What comes from an attempt that is not its job's current one, or from a node that does not own it, is counted and
dropped. Nothing here touches the control loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from central_server.read_model import ReadModel
from central_server.structured_logging import log_event
from central_server.telemetry.writer import TelemetryWriter
from central_server.telemetry_records import LogLine, MetricRow, Progress
from shared.errors import NotFound

_logger = logging.getLogger(__name__)


class TelemetryIngest:
    """A `TelemetrySink` over the read model and the batched writer."""

    def __init__(self, read_model: ReadModel, writer: TelemetryWriter) -> None:
        self._read_model = read_model
        self._writer = writer
        self.dropped = 0
        """How many records were fenced off since the start."""

    async def take(
        self,
        node_id: str,
        live: Sequence[tuple[str, Progress]],
        rows: Sequence[MetricRow],
        lines: Sequence[LogLine],
    ) -> asyncio.Future[None]:
        """Show what is live and queue the rest; the future is done when rows and lines are durable."""
        jobs = {job_id for job_id, _ in live} | {row.job_id for row in rows} | {line.job_id for line in lines}
        current = {job_id: await self._current_attempt(job_id, node_id) for job_id in sorted(jobs)}
        for job_id, progress in live:
            if progress.attempt == current[job_id] and self._read_model.seen_now(job_id):
                self._read_model.publish_progress(job_id, progress)
        kept_rows = [row for row in rows if row.attempt == current[row.job_id]]
        kept_lines = [line for line in lines if line.attempt == current[line.job_id]]
        self._count_dropped(node_id, len(rows) + len(lines) - len(kept_rows) - len(kept_lines))
        return await self._writer.add(kept_rows, kept_lines)

    async def _current_attempt(self, job_id: str, node_id: str) -> int:
        """Return the number of the job's current attempt when it is this node's, else 0."""
        try:
            attempt = (await self._read_model.find(job_id)).record.current_attempt
        except NotFound:
            return 0
        return attempt.number if attempt and attempt.node_id == node_id else 0

    def _count_dropped(self, node_id: str, count: int) -> None:
        if count:
            self.dropped += count
            log_event(_logger, "telemetry_dropped", node=node_id, records=count, total=self.dropped)
