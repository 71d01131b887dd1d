"""One server's way into office and through it: stand by until elected, take over the state, decide until told to stop.

What only the server that decides may do are tasks of the office: they begin with it and end with it. It decides nothing
about jobs itself, and there is no way back from the office: one that is lost ends the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from central_server.control_loop import ControlLoop
from central_server.election import Election
from central_server.ports import Store
from central_server.read_model import ReadModel
from central_server.standby_watch import StandbyWatch
from central_server.structured_logging import log_event
from central_server.telemetry.writer import TelemetryWriter
from shared.clock import Clock

_logger = logging.getLogger(__name__)


class Deciding:
    """Belongs to the event loop.

    Args:
        upkeep: what else runs while this server decides, by name.
    """

    def __init__(
        self,
        election: Election,
        loop: ControlLoop,
        *,
        store: Store,
        read_model: ReadModel,
        telemetry: TelemetryWriter,
        upkeep: Mapping[str, Callable[[], Coroutine[Any, Any, None]]],
        clock: Clock,
    ) -> None:
        self._election = election
        self._loop = loop
        self._store = store
        self._read_model = read_model
        self._telemetry = telemetry
        self._upkeep = upkeep
        self._clock = clock

    async def begin(self, address: str) -> None:
        """Stand for election once: a server that is alone decides before it serves.

        Raises:
            StoreUnavailable: the state cannot be loaded.
        """
        if await self._election.stand(address):
            await self._take_office()

    async def run(self, address: str) -> None:
        """Stand by until elected, where that is still to come, then decide until the control loop has ended.

        Raises:
            ExceptionGroup: the office was lost, or the store or the core failed too often in a row.
        """
        if self._election.decider:
            await self._stand_by(address)
            await self._take_office()
        async with asyncio.TaskGroup() as tasks:
            office = {"keep office": self._election.keep, "telemetry writer": self._telemetry.run, **self._upkeep}
            background = [tasks.create_task(work(), name=name) for name, work in office.items()]
            await self._loop.run()
            await self._telemetry.flush()
            for task in background:
                task.cancel()

    def waiting_reason(self, job_id: str) -> str:
        """Return why a queued job does not run yet; only the decider can say."""
        if decider := self._election.decider:
            return f"the central server at {decider} decides and can say why; this one stands by"
        return self._loop.waiting_reason(job_id)

    async def _stand_by(self, address: str) -> None:
        log_event(_logger, "standing_by", decider=self._election.decider)
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(StandbyWatch(self._store, self._read_model.watchers, self._clock).run())
            await self._election.win(address)
            watch.cancel()

    async def _take_office(self) -> None:
        await self._loop.start()
        self._read_model.watchers.begin_anew(self._clock.unix_ms())
        await self._seed_progress()
        self._election.take_office()
        log_event(_logger, "deciding")

    async def _seed_progress(self) -> None:
        started = [job_id for job_id, record in self._read_model.live_jobs() if record.attempts]
        rows = await self._store.last_metric_rows(started)
        self._read_model.seed_progress(rows.values())
