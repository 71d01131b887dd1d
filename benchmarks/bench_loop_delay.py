"""How late the node's event loop is while four jobs train: what heartbeats and cancels have to wait.

The node runs in this process, on the loop that is measured, against a central server that is a process of its own. A
task sleeps for some milliseconds over and over and notes how much later than asked it woke.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from benchmarks.figures import milliseconds, print_figure, print_machine
from benchmarks.jobs import DIGITS_CNN, MLP
from cyxwiz.aio import Client
from cyxwiz.aio.job import Job
from cyxwiz.local_cluster.child_process import ChildProcess
from server_node.main import SWITCH_INTERVAL_SECONDS
from server_node.node import Node
from server_node.settings import settings_from_arguments
from server_node.state_folder import StateFolder
from server_node.training.host_memory import keep_freed_memory
from server_node.training.runtime_flags import set_runtime_flags

JOBS = 4
PROBE_SECONDS = 0.005
MEASURED_SECONDS = 15.0


async def main() -> None:
    """Measure with nothing to do, then with four jobs."""
    print_machine()
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        server = await ChildProcess.start(
            [
                "central_server",
                "--listen",
                "127.0.0.1:0",
                "--http-listen",
                "127.0.0.1:0",
                "--state-dir",
                f"{folder}/server",
            ],
            Path(folder) / "server.log",
        )
        try:
            facts = await server.ready()
            assert facts is not None, server.last_words()
            await _measure(facts["grpc"], Path(folder) / "node")
        finally:
            await server.stop()


async def _measure(address: str, state_dir: Path) -> None:
    settings = settings_from_arguments(["--server", address, "--state-dir", str(state_dir)])
    ready = asyncio.Event()
    node = Node(settings, StateFolder(settings.state_dir), on_ready=lambda *_: ready.set())
    async with asyncio.TaskGroup() as tasks, Client(address) as client:
        running = tasks.create_task(node.run())
        await ready.wait()
        idle = await _delays(MEASURED_SECONDS / 3)
        jobs = [await client.submit({**spec, "epochs": 1_000_000}) for spec in (MLP, DIGITS_CNN) * (JOBS // 2)]
        for job in jobs:
            await _first_step(job)
        busy = await _delays(MEASURED_SECONDS)
        for job in jobs:
            await job.cancel()
        for job in jobs:
            await job.wait()
        node.stop()
        await running
    print_figure("event loop delay of an idle node", milliseconds(idle))
    print_figure(f"event loop delay while {JOBS} jobs train", milliseconds(busy), goal="p99 ≤ 20 ms")


async def _first_step(job: Job) -> None:
    async for info in job.watch():
        if info.first_step_at_ms:
            return


async def _delays(seconds: float) -> list[float]:
    delays = []
    until = time.perf_counter() + seconds
    while (asked := time.perf_counter()) < until:
        await asyncio.sleep(PROBE_SECONDS)
        delays.append(time.perf_counter() - asked - PROBE_SECONDS)
    return delays


if __name__ == "__main__":
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    set_runtime_flags(None)
    keep_freed_memory()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    uvloop.run(main())
