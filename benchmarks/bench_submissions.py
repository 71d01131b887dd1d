"""Durable submissions of the smallest job there is, pipelined from one client; submission and completion apart."""

from __future__ import annotations

import asyncio
import time

from benchmarks.cluster import fresh_cluster
from benchmarks.figures import print_figure, print_machine
from benchmarks.jobs import TINY
from cyxwiz.aio import Client
from cyxwiz.aio.job import Job

JOBS = 400
IN_FLIGHT = 64
ROUNDS = 3


async def main() -> None:
    """Submit rounds of jobs that each train one step; wait until all have ended."""
    print_machine()
    async with fresh_cluster() as client:
        await (await client.submit(TINY)).wait()
        rounds = [await _one_round(client) for _ in range(ROUNDS)]
    submitted = sorted(JOBS / seconds for seconds, _ in rounds)
    completed = sorted(JOBS / seconds for _, seconds in rounds)
    print_figure(
        "durable submissions a second, one client", f"median {submitted[ROUNDS // 2]:.0f}, best {submitted[-1]:.0f}"
    )
    print_figure(
        "jobs a second from first submission to last end",
        f"median {completed[ROUNDS // 2]:.0f}, best {completed[-1]:.0f}",
    )


async def _one_round(client: Client) -> tuple[float, float]:
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def submit() -> Job:
        async with gate:
            return await client.submit(TINY)

    begun = time.perf_counter()
    jobs = await asyncio.gather(*(submit() for _ in range(JOBS)))
    submitted = time.perf_counter() - begun
    await _all_ended(jobs)
    return submitted, time.perf_counter() - begun


async def _all_ended(jobs: list[Job]) -> None:
    """Wait for each job, the last submitted first: most have ended when their turn comes."""
    for job in reversed(jobs):
        await job.wait()


if __name__ == "__main__":
    asyncio.run(main())
