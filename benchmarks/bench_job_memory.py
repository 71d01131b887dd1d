"""What one more job adds to a node's resident memory beyond program, data and state, when all share one program.

The node runs in this process. Four jobs train, then twenty; the slope between the two, less what a job's state takes,
is the figure. Beside it the least that a job can add: the state alone.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
from pathlib import Path

import psutil
import uvloop

from benchmarks.figures import print_figure, print_machine
from benchmarks.jobs import MLP
from cyxwiz.aio import Client
from cyxwiz.aio.job import Job
from cyxwiz.local_cluster.child_process import ChildProcess
from server_node.main import SWITCH_INTERVAL_SECONDS
from server_node.node import Node
from server_node.settings import settings_from_arguments
from server_node.state_folder import StateFolder
from server_node.training.host_memory import keep_freed_memory
from server_node.training.runtime_flags import set_runtime_flags

FEW, MANY = 4, 20
SETTLE_SECONDS = 15.0
"""Longer than a node waits between checkpoints, so that every job has written one."""
MEGABYTE = 1e6
STATE_BYTES = 3 * 4 * (784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10)
"""Weights and both of Adam's moments, float32."""
JOB = {**MLP, "epochs": 1_000_000, "hyperparameters": {"optimizer": "adam"}}


async def main() -> None:
    """Start a server and a node, and measure."""
    print_machine()
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        where = ["--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--state-dir", f"{folder}/server"]
        server = await ChildProcess.start(["central_server", *where], Path(folder) / "server.log")
        try:
            facts = await server.ready()
            assert facts is not None, server.last_words()
            await _measure(facts["grpc"], Path(folder) / "node")
        finally:
            await server.stop()


async def _measure(address: str, state_dir: Path) -> None:
    arguments = ["--server", address, "--state-dir", str(state_dir), "--slots", str(MANY)]
    settings, ready = settings_from_arguments(arguments), asyncio.Event()
    node = Node(settings, StateFolder(settings.state_dir), on_ready=lambda *_: ready.set())
    async with asyncio.TaskGroup() as tasks, Client(address) as client:
        running = tasks.create_task(node.run())
        await ready.wait()
        jobs = await _started(client, FEW, 0)
        few = await _settled_bytes()
        jobs += await _started(client, MANY - FEW, FEW)
        many = await _settled_bytes()
        for job in jobs:
            await job.cancel()
        for job in jobs:
            await job.wait()
        node.stop()
        await running
    slope = (many - few) / (MANY - FEW)
    print_figure("resident memory with few jobs and many", f"{few / MEGABYTE:.0f} MB and {many / MEGABYTE:.0f} MB")
    print_figure(f"memory a job adds, slope from {FEW} to {MANY} jobs", f"{slope / MEGABYTE:.1f} MB")
    print_figure("of that its state", f"{STATE_BYTES / MEGABYTE:.1f} MB")
    print_figure("beyond its state", f"{(slope - STATE_BYTES) / MEGABYTE:.1f} MB", goal="≤ 10 MB")


async def _started(client: Client, count: int, first_seed: int) -> list[Job]:
    settings = {"optimizer": "adam"}
    jobs = [
        await client.submit({**JOB, "hyperparameters": {**settings, "seed": first_seed + number}})
        for number in range(count)
    ]
    for job in jobs:
        async for info in job.watch():
            if info.first_step_at_ms:
                break
    return jobs


async def _settled_bytes() -> int:
    await asyncio.sleep(SETTLE_SECONDS)
    gc.collect()
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    set_runtime_flags(None)
    keep_freed_memory()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    uvloop.run(main())
