"""Removes artifacts that no job refers to: released ones soon, ones that nobody ever used after some days.

The latter are also what a crash leaves: a job gone from the store whose files were not released any more.

Of several servers with one folder the decider alone sweeps. One that is paused in the middle and wakes when another
decides removes nothing that the other has been asked for since: that is younger than what it is about to remove.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from central_server.artifacts.local_directory import LocalArtifacts
from central_server.ports import Store
from central_server.structured_logging import log_event
from shared.clock import Clock
from shared.errors import StoreUnavailable

SWEEP_SECONDS = 5.0
GRACE_SECONDS = 10.0
"""Longer than any moment between being told "it is here" and a job that refers to it."""
NEVER_USED_SECONDS = 7 * 24 * 3600.0
UNUSED_EVERY_SECONDS = 3600.0

_logger = logging.getLogger(__name__)


class ArtifactSweep:
    """Looks now and then at what may go.

    Args:
        check_office: raises `StoreUnavailable` when another server may decide by now; asked before anything is removed.
    """

    def __init__(
        self,
        artifacts: LocalArtifacts,
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
            is_settled = sha256 in referenced or await asyncio.to_thread(
                self._artifacts.remove_if_older, sha256, oldest_kept
            )
            if is_settled:
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
        await asyncio.to_thread(self._remove_unused, referenced, oldest_kept)

    def _remove_unused(self, referenced: frozenset[str], oldest_kept_seconds: float) -> None:
        complete, partial = self._artifacts.complete_and_partial()
        for sha256 in complete:
            if sha256 not in referenced:
                self._check_office()
                self._artifacts.remove_if_older(sha256, oldest_kept_seconds)
        for path in partial:
            self._check_office()
            _remove_old_file(path, oldest_kept_seconds)

    async def _guarded(self, sweep: Callable[[], Awaitable[None]]) -> None:
        try:
            await sweep()
        except (StoreUnavailable, OSError) as failure:
            log_event(_logger, "artifact_sweep_failed", is_warning=True, cause=str(failure))


def _remove_old_file(path: Path, oldest_kept_seconds: float) -> None:
    with contextlib.suppress(FileNotFoundError):  # finished meanwhile
        if path.stat().st_mtime < oldest_kept_seconds:
            path.unlink()
