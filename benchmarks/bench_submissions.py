"""Durable submissions from 8 concurrent clients to a central server with SQLite: answered only after the commit.

The clients are 8 connections in one process of their own, the server is another; no node is connected, so jobs only
join the queue. Clients and server share the machine's cores. What each submission cost the server's threads is printed
beside the rate, and what a bare sync of this disk takes, since a submission waits for one.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from benchmarks.central_process import CentralProcess, central_process
from benchmarks.figures import milliseconds, print_figure, print_machine
from benchmarks.load_child import LoadChild, load_child
from benchmarks.submitting_clients import Submitted

CLIENTS = 8
ROUNDS = 3
JOBS = 2_000
WARM_UP_JOBS = 200
GOAL_PER_SECOND = 1000


async def main() -> None:
    """Measure with one submission at a time from each client, and with 16."""
    print_machine()
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        print_figure("a bare fsync of 4 KiB here", milliseconds(_syncs(Path(folder))))
        async with (
            central_process(Path(folder) / "server") as server,
            load_child("benchmarks.submitting_clients", server.grpc) as clients,
        ):
            await _round(clients, in_flight=16, jobs=WARM_UP_JOBS)
            for in_flight in (1, 16):
                await _measure(clients, server, in_flight)


async def _measure(clients: LoadChild, server: CentralProcess, in_flight: int) -> None:
    before = server.cpu_seconds()
    rounds = sorted([await _round(clients, in_flight=in_flight, jobs=JOBS) for _ in range(ROUNDS)], key=_rate)
    server_cpu = (server.cpu_seconds() - before) / (JOBS * ROUNDS)
    client_cpu = sum(done.clients_cpu_seconds for done in rounds) / (JOBS * ROUNDS)
    middle = rounds[ROUNDS // 2]
    print_figure(
        f"durable submissions a second, {CLIENTS} clients, {in_flight} in flight each",
        f"median {middle.per_second:.0f}, from {rounds[0].per_second:.0f} to {rounds[-1].per_second:.0f} over {ROUNDS} "
        f"rounds of {JOBS}",
        goal=f"at least {GOAL_PER_SECOND}",
    )
    print_figure(
        "  one of them",
        f"p50 {middle.latency_p50_seconds * 1e3:.1f} ms, p99 {middle.latency_p99_seconds * 1e3:.1f} ms; "
        f"server's CPU {server_cpu * 1e3:.2f} ms, clients' CPU {client_cpu * 1e3:.2f} ms",
    )


async def _round(clients: LoadChild, *, in_flight: int, jobs: int) -> Submitted:
    return Submitted(**await clients.order(f"{CLIENTS} {in_flight} {jobs}"))


def _rate(done: Submitted) -> float:
    return done.per_second


def _syncs(folder: Path) -> list[float]:
    seconds = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(100):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - begun)
    return seconds


if __name__ == "__main__":
    asyncio.run(main())
