"""How long nobody decides: from the `kill -9` of one of two central servers to the first submission that is accepted.

Once for a client that asks the other server alone and without a pause, so that the figure is the servers', and once for
an ordinary one that knows both addresses. The database is the one of the tests, on the same machine.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.figures import print_figure, print_machine
from benchmarks.jobs import TINY
from cyxwiz.aio import Client
from cyxwiz.errors import ServerUnreachable
from cyxwiz.local_cluster.ready_line import facts_from_ready_line
from tests.postgresql_server import a_schema, a_server

ROUNDS = 3
LOOK_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Seconds from the kill to the first accepted submission."""

    asking_the_other: float
    knowing_both: float


async def main() -> None:
    """Kill the decider of a fresh pair, round by round."""
    print_machine()
    with a_server() as server:
        rounds = [await _round(server) for _ in range(ROUNDS)]
    asking = [each.asking_the_other for each in rounds]
    print_figure("kill -9 to the first submission that the other server accepts", _seconds(asking), goal="≤ 10 s")
    print_figure("the same for a client that knows both", _seconds([each.knowing_both for each in rounds]))


async def _round(server: str) -> TakeOver:
    with a_schema(server) as database, tempfile.TemporaryDirectory() as folder, ExitStack() as processes:
        first, deciding = processes.enter_context(_central_server(database, folder))
        _, standing_by = processes.enter_context(_central_server(database, folder))
        async with (
            Client(standing_by, retry_seconds=0) as direct,
            Client(f"{deciding},{standing_by}", retry_seconds=60) as ordinary,
        ):
            await ordinary.submit(TINY)
            first.kill()
            began = time.perf_counter()
            return TakeOver(*await asyncio.gather(_until_accepted(direct, began), _until_accepted(ordinary, began)))


async def _until_accepted(client: Client, began: float) -> float:
    while True:
        try:
            await client.submit(TINY)
        except ServerUnreachable:
            await asyncio.sleep(LOOK_SECONDS)
        else:
            return time.perf_counter() - began


@contextmanager
def _central_server(database: str, folder: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server; give its process and its address once it is ready."""
    flags = ["--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--state-dir", folder, "--database", database]
    process = subprocess.Popen(
        [sys.executable, "-m", "central_server", *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        yield process, next(facts["grpc"] for line in process.stdout if (facts := facts_from_ready_line(line)))
    finally:
        process.kill()
        process.communicate()


def _seconds(values: list[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f} s over {len(values)} rounds"


if __name__ == "__main__":
    asyncio.run(main())
