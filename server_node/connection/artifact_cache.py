"""Datasets that were uploaded to the central server, brought to this node once each and kept by content."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc.aio

from server_node.connection.artifact_transfer import download
from shared.backoff import Backoff
from shared.errors import MachineFailure

_LOG = logging.getLogger(__name__)


class ArtifactCache:
    """Fetches artifacts; two who want the same one wait for one download.

    Args:
        path_of: where an artifact of that SHA-256 lies, or will.
    """

    def __init__(
        self,
        *,
        path_of: Callable[[str], Path],
        channel: Callable[[], Awaitable[grpc.aio.Channel]],
        uniform: Callable[[], float],
        backoff: Backoff | None = None,
    ) -> None:
        self._path_of = path_of
        self._channel = channel
        self._uniform = uniform
        self._backoff = backoff or Backoff()
        self._locks: dict[str, asyncio.Lock] = {}

    async def bring(self, sha256: str) -> Path:
        """Return the artifact's local file, fetching it when it is not here; tries until it has it or is cancelled.

        Raises:
            BadData: the server has no such artifact.
        """
        path = self._path_of(sha256)
        if path.exists():
            return path
        async with self._locks.setdefault(sha256, asyncio.Lock()):
            if not path.exists():
                await self._fetch(sha256, path)
        return path

    async def _fetch(self, sha256: str, path: Path) -> None:
        failures = 0
        while True:
            try:
                await download(await self._channel(), sha256, path)
            except MachineFailure as failure:
                failures += 1
                _LOG.info("artifact_fetch_failed sha256=%s failures=%d why=%s", sha256, failures, failure)
                await asyncio.sleep(self._backoff.wait_seconds(failures, self._uniform()))
            else:
                return
