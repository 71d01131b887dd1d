"""How soon a central server is ready again with 100,000 jobs in its store: from starting its process to `ready`.

Once nearly all of them have ended, as in a server that has run for a while, and once all of them wait, the worst case:
what has ended stays in the store, what waits has to stand in line again. A number as argument, such as
`python -m benchmarks.bench_recovery 100000`, measures that many waiting alone.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.central_process import central_process
from benchmarks.figures import print_figure, print_machine
from benchmarks.stored_jobs import fill_store

JOBS = 100_000
MIXTURES = (1_000, JOBS)
RESTARTS = 3
GOAL_SECONDS = 5


async def main(mixtures: Sequence[int]) -> None:
    """Fill a store, then start a server on it a few times; for each mixture, which is named by how many wait."""
    print_machine()
    for waiting in mixtures:
        with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
            path = Path(folder)
            await fill_store(path, jobs=JOBS, waiting=waiting)
            seconds = sorted([await _seconds_to_ready(path) for _ in range(RESTARTS)])
        print_figure(
            f"server ready with {JOBS - waiting:,} ended jobs and {waiting:,} that wait",
            f"median {seconds[RESTARTS // 2]:.2f} s, from {seconds[0]:.2f} to {seconds[-1]:.2f} over {RESTARTS} starts",
            goal=f"at most {GOAL_SECONDS} s",
        )


async def _seconds_to_ready(path: Path) -> float:
    begun = time.perf_counter()
    async with central_process(path):
        return time.perf_counter() - begun


if __name__ == "__main__":
    asyncio.run(main([int(sys.argv[1])] if len(sys.argv) > 1 else MIXTURES))
