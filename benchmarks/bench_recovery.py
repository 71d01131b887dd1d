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
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.central_process import central_process
from benchmarks.figures import print_figure, print_machine
from central_server.scheduler.effects import SaveJob
from central_server.scheduler.jobs import AttemptRecord, JobRecord, JobResult
from central_server.storage.store import SqlStore
from shared.clock import SystemClock
from shared.job_spec import JobSpec, content_digest
from shared.lifecycle import AttemptState, JobState

JOBS = 100_000
BATCH = 5_000
USERS = 50
MIXTURES = (1_000, JOBS)
RESTARTS = 3
GOAL_SECONDS = 5
_MODEL = '{"layers":[{"activation":"relu","type":"dense","units":128},{"type":"dense","units":10}]}'


async def main(mixtures: Sequence[int]) -> None:
    """Fill a store, then start a server on it a few times; for each mixture, which is named by how many wait."""
    print_machine()
    for waiting in mixtures:
        with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
            path = Path(folder)
            await _fill(path, waiting)
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


async def _fill(path: Path, waiting: int) -> None:
    store = SqlStore.open(f"sqlite:///{path / 'central.sqlite3'}")
    try:
        jobs = _jobs(waiting)
        for _ in range(0, JOBS, BATCH):
            await store.commit([SaveJob(next(jobs)) for _ in range(BATCH)])
    finally:
        await store.close()


def _jobs(waiting: int) -> Iterator[JobRecord]:
    """Jobs of many users; the last ones wait."""
    now_ms = SystemClock().unix_ms()
    for number in range(1, JOBS + 1):
        spec = JobSpec(
            name=f"job {number}",
            user_id=f"user-{number % USERS}",
            model_definition=_MODEL,
            dataset=f"synthetic://classification?samples={1000 + number % 100}&features=16&classes=10&seed=1",
        )
        queued = JobRecord(f"job-{number}", number, spec, content_digest(spec), JobState.QUEUED, now_ms)
        yield queued if number > JOBS - waiting else _ended(queued)


def _ended(job: JobRecord) -> JobRecord:
    at_ms = job.submitted_at_ms
    attempt = AttemptRecord(1, "node-1", ("cpu:0",), 1 << 20, AttemptState.SUCCEEDED, "", at_ms, at_ms, at_ms)
    result = JobResult((), {"loss": 0.5, "accuracy": 0.9}, 1.0)
    return replace(job, state=JobState.SUCCEEDED, attempts=(attempt,), result=result, ended_at_ms=at_ms)


if __name__ == "__main__":
    asyncio.run(main([int(sys.argv[1])] if len(sys.argv) > 1 else MIXTURES))
