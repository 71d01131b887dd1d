"""A store in front of a real one that fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from central_server.scheduler.effects import Write
from central_server.storage.store import SqlStore
from shared.errors import StoreUnavailable


class FailingStore:
    """Passes everything on; the next `failures` commits fail, after or before they reached the disk."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.failures = 0
        self.writes_before_failing = False
        self.held: asyncio.Event | None = None

    async def commit(self, writes: Sequence[Write]) -> frozenset[str]:
        """Commit, or fail, or wait until the test lets it."""
        if self.held is not None:
            await self.held.wait()
        if self.failures:
            self.failures -= 1
            if self.writes_before_failing:
                await self._store.commit(writes)
            raise StoreUnavailable("the disk is full")
        return await self._store.commit(writes)

    async def prove_writable(self) -> None:
        """Prove, or fail."""
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("the disk is full")
        await self._store.prove_writable()

    def __getattr__(self, name: str) -> Any:
        """Give everything else as it is."""
        return getattr(self._store, name)
