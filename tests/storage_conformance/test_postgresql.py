"""The conformance suite on a real PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from central_server.ports import Store
from central_server.storage.store import SqlStore
from tests.storage_conformance.suite import StoreConformance


@pytest.fixture
async def store(postgresql_url: str) -> AsyncIterator[Store]:
    """An empty store in a schema of its own."""
    opened = SqlStore.open(postgresql_url)
    try:
        yield opened
    finally:
        await opened.close()


class TestPostgresql(StoreConformance):
    """The suite runs as it is."""
