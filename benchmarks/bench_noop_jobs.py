"""Jobs a second from submission to a durable end, on the whole path, with nodes whose jobs end as soon as they begin.

The path is submission, planning, offer, report, last word, commit and acknowledgement, over real streams to a central
server with SQLite; only training is left out. Clients and nodes are one process, the server is another, and they share
the machine's cores: what each job cost either of them is printed beside the rate.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from benchmarks.central_process import central_process
from benchmarks.figures import print_figure, print_machine
from benchmarks.load_child import load_child
from benchmarks.noop_nodes import NODES, SLOTS, Ended

CLIENTS = 8
IN_FLIGHT = 16
JOBS = 1_000
WARM_UP_JOBS = 200
ROUNDS = 3
GOAL_PER_SECOND = 500


async def main() -> None:
    """Measure rounds of jobs; a round ends when the last end is acknowledged."""
    print_machine()
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        async with (
            central_process(Path(folder) / "server") as server,
            load_child("benchmarks.noop_nodes", server.grpc) as load,
        ):
            await load.order(f"{CLIENTS} {IN_FLIGHT} {WARM_UP_JOBS}")
            before = server.cpu_seconds()
            orders = [await load.order(f"{CLIENTS} {IN_FLIGHT} {JOBS}") for _ in range(ROUNDS)]
            server_cpu = (server.cpu_seconds() - before) / (JOBS * ROUNDS)
    rounds = [Ended(**order) for order in orders]
    rates = sorted(done.jobs / done.ended_seconds for done in rounds)
    load_cpu = sum(done.load_cpu_seconds for done in rounds) / (JOBS * ROUNDS)
    print_figure(
        f"no-op jobs a second from submission to end, {CLIENTS} clients, {NODES} nodes of {SLOTS} slots",
        f"median {rates[ROUNDS // 2]:.0f}, from {rates[0]:.0f} to {rates[-1]:.0f} over {ROUNDS} rounds of {JOBS}",
        goal=f"at least {GOAL_PER_SECOND}",
    )
    print_figure("  one of them", f"server's CPU {server_cpu * 1e3:.2f} ms, load's CPU {load_cpu * 1e3:.2f} ms")


if __name__ == "__main__":
    asyncio.run(main())
