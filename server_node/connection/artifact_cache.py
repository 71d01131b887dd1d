"""What was uploaded to the central server (datasets, weights, checkpoints), brought to this node once each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc.aio

from server_node.connection.artifact_transfer import download
from server_node.kept_artifacts import KeptArtifacts
from shared.backoff import Backoff
from shared.errors import MachineFailure
from shared.identifiers import AttemptKey
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)


class ArtifactCache:
    """Fetches artifacts; two who want the same one wait for one download. For the event loop's thread.

    Args:
        kept: where they are put, and what makes room for them.
    """

    def __init__(
        self,
        kept: KeptArtifacts,
        *,
        channel: Callable[[], Awaitable[grpc.aio.Channel]],
        uniform: Callable[[], float],
        backoff: Backoff | None = None,
    ) -> None:
        self._kept = kept
        self._channel = channel
        self._uniform = uniform
        self._backoff = backoff or Backoff()
        self._locks: dict[str, asyncio.Lock] = {}

    async def bring(self, sha256: str, holder: AttemptKey, *, of_any_size: bool = False) -> Path:
        """Return the artifact's local file, fetching it when it is not here; tries until it has it or is cancelled.

        Args:
            sha256: which one.
            holder: until it lets go, the file stays.
            of_any_size: fetch it even when it is larger than all that is kept may be.

        Raises:
            BadData: the server has no such artifact, or it is too large.
        """
        self._kept.hold(sha256, holder)
        async with self._locks.setdefault(sha256, asyncio.Lock()):
            if not await asyncio.to_thread(self._kept.use, sha256):
                await self._fetch(sha256, of_any_size=of_any_size)
        return self._kept.path(sha256)

    async def _fetch(self, sha256: str, *, of_any_size: bool) -> None:
        def expect(size_bytes: int) -> None:
            if of_any_size:
                self._kept.make_room_for(sha256, size_bytes)
            else:
                self._kept.expect(sha256, size_bytes)

        failures = 0
        while True:
            try:
                await download(await self._channel(), sha256, self._kept.path(sha256), expect=expect)
            except MachineFailure as failure:
                failures += 1
                log_event(_LOG, "artifact_fetch_failed", sha256=sha256, failures=failures, why=failure)
                await asyncio.sleep(self._backoff.wait_seconds(failures, self._uniform()))
            else:
                return
