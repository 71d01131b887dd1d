"""A cluster of real processes for one benchmark, in a temporary folder, with a client."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cyxwiz.aio import Client
from cyxwiz.local_cluster import ClusterSettings, running_cluster


@asynccontextmanager
async def fresh_cluster(*, nodes: int = 1) -> AsyncIterator[Client]:
    """Run a central server and `nodes` nodes on free ports for the length of the `async with`."""
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        settings = ClusterSettings(state_dir=Path(folder), nodes=nodes, grpc_port=0, http_port=0)
        async with running_cluster(settings, say=_say) as cluster, Client(cluster.grpc) as client:
            yield client


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
