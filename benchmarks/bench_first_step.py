"""From submission to the first finished step, when the node has run such a program before.

The first step counts as finished when its result is on the host; the node reports that moment, by the same machine's
clock as the client's. Beside it: until the client's stream shows the step.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.cluster import fresh_cluster
from benchmarks.figures import milliseconds, print_figure, print_machine
from benchmarks.jobs import SMALL_MLP
from cyxwiz.aio import Client

JOBS = 200
WARM_UP = 5


async def main() -> None:
    """Submit one job after the other, each with its own seed and rate, and print both figures."""
    print_machine()
    async with fresh_cluster() as client:
        for seed in range(WARM_UP):
            await _seconds_to_first_step(client, seed)
        measured = [await _seconds_to_first_step(client, WARM_UP + seed) for seed in range(JOBS)]
    print_figure(
        "submission to first finished step",
        milliseconds([node for node, _ in measured]),
        goal="p50 ≤ 50 ms, p99 ≤ 100 ms",
    )
    print_figure("submission to first step seen by a watcher", milliseconds([seen for _, seen in measured]))


async def _seconds_to_first_step(client: Client, seed: int) -> tuple[float, float]:
    settings = {"seed": seed, "learning_rate": 0.001 * (1 + seed % 7)}
    begun = time.time()
    job = await client.submit({**SMALL_MLP, "hyperparameters": settings})
    seen, finished_ms = 0.0, 0
    async for info in job.watch():
        if info.first_step_at_ms and not seen:
            seen, finished_ms = time.time() - begun, info.first_step_at_ms
        if info.has_ended:
            assert info.state == "succeeded", info.error
    return finished_ms / 1e3 - begun, seen


if __name__ == "__main__":
    asyncio.run(main())
