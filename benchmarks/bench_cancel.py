"""From `CancelJob` to "device free", at random moments of training and, apart, of compiling.

The node says that the device is free after the training thread has stopped; the figure is until the client's stream
shows it, so it holds both hops and two commits. That no step runs afterwards is checked by the node's CPU time.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

from benchmarks.cluster import fresh_cluster
from benchmarks.figures import milliseconds, print_figure, print_machine
from benchmarks.jobs import DIGITS_CNN, MLP, JobFile
from cyxwiz.aio import Client
from cyxwiz.aio.job import Job

TRAINING_CANCELS = 100
COMPILING_CANCELS = 10
IDLE_SECONDS = 0.2
CLOCK_TICKS_A_SECOND = 100


async def main() -> None:
    """Cancel jobs at moments drawn from a seed and print how long the device took to come free."""
    print_machine()
    moments = random.Random(7)
    async with fresh_cluster() as client:
        training, busy = [], []
        for number in range(TRAINING_CANCELS):
            seconds, cpu = await _cancel_training(
                client, MLP if number % 2 else DIGITS_CNN, number, moments.uniform(0.0, 0.5)
            )
            training.append(seconds)
            busy.append(cpu)
        compiling = [await _cancel_compiling(client, number) for number in range(COMPILING_CANCELS)]
    print_figure("cancel to device free, while training", milliseconds(training), goal="p99 ≤ 150 ms")
    print_figure("cancel to device free, while loading and compiling", milliseconds(compiling))
    print_figure(
        f"node's CPU time in the {IDLE_SECONDS:g} s after",
        f"largest {max(busy) * 1e3:.0f} ms of {IDLE_SECONDS * 1e3:.0f} (a training thread would use all of it)",
    )


async def _cancel_training(client: Client, spec: JobFile, seed: int, after_seconds: float) -> tuple[float, float]:
    job = await client.submit({**spec, "epochs": 100_000, "hyperparameters": {"seed": seed}})
    async for info in job.watch():
        if info.first_step_at_ms:
            break
    await asyncio.sleep(after_seconds)
    seconds = await _seconds_to_free(job)
    before = _node_cpu_seconds()
    await asyncio.sleep(IDLE_SECONDS)
    return seconds, _node_cpu_seconds() - before


async def _cancel_compiling(client: Client, number: int) -> float:
    width = 101 + number  # a shape the node has not met
    layers = [{"type": "dense", "units": width, "activation": "relu"}, {"type": "dense", "units": 10}]
    job = await client.submit({**MLP, "model": {"layers": layers}, "epochs": 100_000})
    async for info in job.watch():
        if info.attempts and info.attempts[-1].state == "starting":
            break
    await asyncio.sleep(0.02)
    return await _seconds_to_free(job)


async def _seconds_to_free(job: Job) -> float:
    begun = time.perf_counter()
    await job.cancel("benchmark")
    info = await job.wait(timeout_seconds=60)
    assert info.state == "cancelled", info
    return time.perf_counter() - begun


def _node_cpu_seconds() -> float:
    """Return the CPU seconds of our node process, read from /proc (user and system, fields 14 and 15)."""
    total = 0.0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and all(
            word in _command_line(folder) for word in (b"server_node", b"cyxwiz-benchmark-")
        ):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / CLOCK_TICKS_A_SECOND
    return total


def _command_line(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""  # it has ended meanwhile


if __name__ == "__main__":
    asyncio.run(main())
