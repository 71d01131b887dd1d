"""The deployments there are, in memory as in the store: changed one at a time, and durable before anybody sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from central_server.deployments.records import DeploymentRecord
from central_server.deployments.store import DeploymentStore
from shared.errors import NotFound, StoreUnavailable


class DeploymentBook:
    """Belongs to the event loop. It is empty until it is read, which the server that decides does.

    Attributes:
        on_change: called when something is another than before.
    """

    def __init__(self, store: DeploymentStore) -> None:
        self._store = store
        self._records: dict[str, DeploymentRecord] | None = None
        self._turn = asyncio.Lock()
        self.on_change: Callable[[], None] = lambda: None

    async def read(self) -> None:
        """Take what the store has."""
        async with self._turn:
            self._records = {record.deployment_id: record for record in await self._store.deployments()}

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Let nobody else change anything until the block ends."""
        async with self._turn:
            yield

    async def put(self, record: DeploymentRecord) -> None:
        """Keep a record, once it is durable; only while `changing`."""
        known = self._known()
        await self._store.put_deployment(record)
        known[record.deployment_id] = record
        self.on_change()

    async def remove(self, deployment_id: str) -> None:
        """Forget a record; only while `changing`."""
        known = self._known()
        await self._store.remove_deployment(deployment_id)
        known.pop(deployment_id, None)
        self.on_change()

    def all(self) -> tuple[DeploymentRecord, ...]:
        """Return every record, the oldest first."""
        return tuple(self._known().values())

    def named(self, called: str) -> DeploymentRecord | None:
        """Return the deployment of this id or name."""
        known = self._known()
        return known.get(called) or next((record for record in known.values() if record.name == called), None)

    def find(self, called: str) -> DeploymentRecord:
        """Return the same.

        Raises:
            NotFound: there is none.
        """
        record = self.named(called)
        if record is None:
            raise NotFound(
                f"there is no deployment {called[:128]!r}; 'cyxwiz deployments' shows those there are",
                field="deployment_id",
            )
        return record

    def _known(self) -> dict[str, DeploymentRecord]:
        if self._records is None:
            raise StoreUnavailable("the server is still reading its deployments; try again shortly")
        return self._records
