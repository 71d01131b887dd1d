"""What holds for every test: uvloop runs the coroutines, and JAX runs on the CPU and is strict about shapes and dtypes.

It holds no fixtures of any one part, which live beside the tests of that part, but for the session's one PostgreSQL.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvloop

from tests.postgresql_server import a_schema, a_server

_ENVIRONMENT = {
    # Silent broadcasting and dtype promotion hide mistakes. JAX reads these when it is first imported.
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_PLATFORMS": "cpu",
    # gRPC's fork handlers deadlock processes that also hold JAX; nothing here forks.
    "GRPC_ENABLE_FORK_SUPPORT": "0",
}
for _name, _value in _ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)
# A shell lets what it runs in the background ignore Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Coroutines run on the loop that the processes use."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server; tests that ask for it are skipped where none is installed."""
    with a_server() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    with a_schema(postgresql_server) as url:
        yield url
