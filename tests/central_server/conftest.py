"""A running server for tests that need nothing special of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from central_server.requests import planning
from tests.central_server.running_server import Server, running_server


@pytest.fixture(autouse=True)
def _nobody_waits_for_a_first_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that plans without a node has none on its way."""
    monkeypatch.setattr(planning, "FIRST_NODE_SECONDS", 0.0)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A central server with a fresh state directory."""
    async with running_server(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One server for all tests of a module that leave nothing behind; they run in the module's own event loop."""
    async with running_server(tmp_path_factory.mktemp("state")) as running:
        yield running
