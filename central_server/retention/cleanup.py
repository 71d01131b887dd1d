"""Lets go of the past now and then: ended jobs over the limits; metrics, logs and audit entries that are too old.

It proposes and the core disposes: jobs leave through the control loop, which alone knows what lives. What hangs on them
goes first, in small transactions between which control commits pass.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from central_server.ports import EndedJob, Store, StoreSize, Telemetry
from central_server.retention.limits import Excess, Limits, choose, cutoff_ms
from central_server.structured_logging import log_event
from shared.clock import Clock
from shared.errors import CyxWizError

ROUND_SECONDS = 60.0
PAGE_JOBS = 100
RECORDS_AT_ONCE = 2_000
UNUSED_SECONDS_WHEN_FULL = 3600.0
"""When the size is over its limit, uploads that no job refers to go before any job does, unless they are this young."""

_BEGINNING = EndedJob(0, "")

_logger = logging.getLogger(__name__)


class KeptArtifacts(Protocol):
    """Artifacts, as far as their size matters."""

    async def sizes(self) -> dict[str, int]:
        """Return the bytes of each complete artifact that is not about to be removed."""
        ...

    async def remove_unused(self, older_than_seconds: float) -> None:
        """Remove what no job refers to and nobody has asked for as long as that."""
        ...


class Cleanup:
    """The task and its rounds.

    Args:
        limits: what is kept.
        store: where the past is.
        artifacts: files, some of which are free when a job goes.
        forget: has the core forget jobs; returns when that is durable.
        named: gives the jobs that live ones come after.
        clock: tells how old something is.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        store: Store,
        artifacts: KeptArtifacts,
        forget: Callable[[tuple[str, ...]], Awaitable[None]],
        named: Callable[[], Collection[str]],
        clock: Clock,
    ) -> None:
        self._limits = limits
        self._store = store
        self._artifacts = artifacts
        self._forget = forget
        self._named = named
        self._clock = clock
        self._bare_up_to = dict.fromkeys(Telemetry, _BEGINNING)

    async def run(self) -> None:
        """Clean up until cancelled; what cannot be done now is tried again in the next round."""
        while True:
            try:
                await self.clean()
            except (CyxWizError, OSError) as failure:
                log_event(_logger, "cleanup_failed", is_warning=True, cause=str(failure))
            await asyncio.sleep(ROUND_SECONDS)

    async def clean(self) -> None:
        """Do one round: whatever is over the limits now is gone when it returns."""
        await self._forget_jobs()
        await self._drop_telemetry_older_than(Telemetry.METRICS, self._limits.metrics_days)
        await self._drop_telemetry_older_than(Telemetry.LOGS, self._limits.logs_days)
        await self._drop_audit()

    async def _forget_jobs(self) -> None:
        size = await self._store.size()
        sizes = await self._artifacts.sizes() if self._limits.total_bytes else {}
        if self._bytes_over(size, sizes) > 0:
            await self._artifacts.remove_unused(UNUSED_SECONDS_WHEN_FULL)
            sizes = await self._artifacts.sizes()
        excess = Excess(
            cutoff_ms(self._clock.unix_ms(), self._limits.jobs_days),
            size.ended_jobs - self._limits.jobs_count if self._limits.jobs_count else 0,
            self._bytes_over(size, sizes),
        )
        await self._forget_excess(excess, sizes, row_bytes=size.used_bytes // max(1, size.jobs))

    async def _forget_excess(self, excess: Excess, sizes: dict[str, int], *, row_bytes: int) -> None:
        last = _BEGINNING
        while excess.includes(last):
            page = await self._store.ended_jobs(after=last, limit=PAGE_JOBS)
            if not page.jobs:
                return
            chosen, excess = choose(page, excess, named=self._named(), sizes=sizes, row_bytes=row_bytes)
            if chosen:
                await self._forget_these(chosen)
            last = page.jobs[-1]

    async def _forget_these(self, jobs: Sequence[EndedJob]) -> None:
        job_ids = tuple(job.job_id for job in jobs)
        await self._drop_telemetry(job_ids, tuple(Telemetry))
        await self._forget(job_ids)
        log_event(_logger, "jobs_expired", jobs=len(jobs), first=job_ids[0], last=job_ids[-1])

    async def _drop_telemetry_older_than(self, kind: Telemetry, days: float) -> None:
        """Go on behind the jobs whose records are gone already."""
        before_ms = cutoff_ms(self._clock.unix_ms(), days)
        while days:
            page = await self._store.ended_jobs(after=self._bare_up_to[kind], limit=PAGE_JOBS)
            old = [job for job in page.jobs if job.ended_at_ms < before_ms]
            if not old:
                return
            await self._drop_telemetry([job.job_id for job in old], [kind])
            self._bare_up_to[kind] = old[-1]

    async def _drop_telemetry(self, job_ids: Sequence[str], kinds: Collection[Telemetry]) -> None:
        while await self._store.drop_telemetry(job_ids, kinds, limit=RECORDS_AT_ONCE) >= RECORDS_AT_ONCE:
            pass  # each is a transaction of its own

    async def _drop_audit(self) -> None:
        before_ms = cutoff_ms(self._clock.unix_ms(), self._limits.audit_days)
        gone = 0
        while before_ms and (some := await self._store.drop_audit(before_ms=before_ms, limit=RECORDS_AT_ONCE)):
            gone += some
        if gone:
            log_event(_logger, "audit_entries_expired", entries=gone, before_ms=before_ms)

    def _bytes_over(self, size: StoreSize, sizes: dict[str, int]) -> int:
        limit = self._limits.total_bytes
        return size.used_bytes + sum(sizes.values()) - limit if limit else 0
