"""The conformance suite on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from central_server.ports import Store
from central_server.storage.store import SqlStore
from tests.storage_conformance.suite import StoreConformance


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store in a file of its own."""
    opened = SqlStore.open(f"sqlite:///{tmp_path / 'central.sqlite3'}")
    try:
        yield opened
    finally:
        await opened.close()


class TestSqlite(StoreConformance):
    """The suite runs as it is."""
