"""What holds for every test: uvloop runs the coroutines, and JAX runs on the CPU and is strict about shapes and dtypes.

It holds no fixtures of any one part; those live beside the tests of that part.
"""

import asyncio
import os
from collections.abc import Callable, Mapping

import pytest
import uvloop

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


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Coroutines run on the loop that the processes use."""
    return {"uvloop": uvloop.new_event_loop}
