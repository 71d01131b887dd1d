"""Removes artifacts that no job refers to: released ones soon, ones that nobody ever used after some days.

The latter are also what a crash leaves: a job gone from the store whose files were not released any more.

Of several servers with the same artifacts the decider alone sweeps. One that is paused in the middle and wakes when
another decides removes nothing that the other has been asked for since: that is younger than what it is to remove.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from central_server.ports import Artifacts, Store
from central_server.structured_logging import log_event
from shared.clock import Clock
from shared.errors import MachineFailure

SWEEP_SECONDS = 5.0
GRACE_SECONDS = 10.0
"""Longer than any moment between being told "it is here" and a job that refers to it."""
NEVER_USED_SECONDS = 7 * 24 * 3600.0
UNUSED_EVERY_SECONDS = 3600.0

_logger = logging.getLogger(__name__)


class SweptArtifacts(Artifacts, Protocol):
    """Artifacts that can be removed: what every place that keeps them offers."""

    released: dict[str, None]
    """What may be removed, the longest waiting first; the sweep takes from it."""

    def open(self) -> None:
        """Make what has to be there before anything is kept."""
        ...

    async def remove_if_older(self, sha256: str, unix_seconds: float) -> bool:
        """Remove an artifact that nobody has asked for since then; True when it is gone."""
        ...

    async def older_than(self, unix_seconds: float) -> list[str]:
        """Return the complete artifacts that nobody has asked for since then."""
        ...

    async def remove_older_uploads(self, unix_seconds: float, check_office: Callable[[], None]) -> None:
        """Remove unfinished uploads that nobody went on with since then; `check_office` is asked before each."""
        ...

    async def sizes(self) -> dict[str, int]:
        """Return the bytes of each complete artifact that is not about to be removed."""
        ...


class ArtifactSweep:
    """Looks now and then at what may go.

    Args:
        check_office: raises `StoreUnavailable` when another server may decide by now; asked before anything is removed.
    """

    def __init__(
        self,
        artifacts: SweptArtifacts,
        store: Store,
        clock: Clock,
        *,
        check_office: Callable[[], None] = lambda: None,
        grace_seconds: float = GRACE_SECONDS,
        unused_seconds: float = NEVER_USED_SECONDS,
    ) -> None:
        self._artifacts = artifacts
        self._store = store
        self._clock = clock
        self._check_office = check_office
        self._grace_seconds = grace_seconds
        self._unused_seconds = unused_seconds

    async def run(self) -> None:
        """Sweep until cancelled: at once for what is unused, and every hour; every few seconds for what is released."""
        unused_due_seconds = self._clock.monotonic_seconds()
        while True:
            if self._clock.monotonic_seconds() >= unused_due_seconds:
                await self._guarded(self.sweep_unused)
                unused_due_seconds = self._clock.monotonic_seconds() + UNUSED_EVERY_SECONDS
            await asyncio.sleep(SWEEP_SECONDS)
            if self._artifacts.released:
                await self._guarded(self.sweep)

    async def sweep(self) -> None:
        """Remove what was released, is old enough, and is not referred to again."""
        oldest_kept = self._clock.unix_ms() / 1000 - self._grace_seconds
        referenced = await self._store.referenced_artifacts()
        for sha256 in list(self._artifacts.released):
            self._check_office()
            if sha256 in referenced or await self._artifacts.remove_if_older(sha256, oldest_kept):
                self._artifacts.released.pop(sha256, None)

    async def sweep_unused(self) -> None:
        """Remove what was uploaded long ago and is not used, and uploads that were never finished."""
        if self._unused_seconds:
            await self.remove_unused(self._unused_seconds)

    async def sizes(self) -> dict[str, int]:
        """Return the bytes of each complete artifact that is not about to be removed."""
        return await self._artifacts.sizes()

    async def remove_unused(self, older_than_seconds: float) -> None:
        """Remove what no job refers to and nobody has asked for as long as that."""
        oldest_kept = self._clock.unix_ms() / 1000 - older_than_seconds
        referenced = await self._store.referenced_artifacts()
        for sha256 in await self._artifacts.older_than(oldest_kept):
            if sha256 not in referenced:
                self._check_office()
                await self._artifacts.remove_if_older(sha256, oldest_kept)
        await self._artifacts.remove_older_uploads(oldest_kept, self._check_office)

    async def _guarded(self, sweep: Callable[[], Awaitable[None]]) -> None:
        try:
            await sweep()
        except (MachineFailure, OSError) as failure:
            log_event(_logger, "artifact_sweep_failed", is_warning=True, cause=str(failure))
