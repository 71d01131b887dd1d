"""Fills a central server's store with many jobs before the server starts, as a server has that ran for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from central_server.scheduler.effects import SaveJob
from central_server.scheduler.jobs import AttemptRecord, JobRecord, JobResult
from central_server.storage.store import SqlStore
from shared.clock import SystemClock
from shared.job_spec import JobSpec, content_digest
from shared.lifecycle import AttemptState, JobState

BATCH = 5_000
USERS = 50
_MODEL = '{"layers":[{"activation":"relu","type":"dense","units":128},{"type":"dense","units":10}]}'


async def fill_store(state_dir: Path, *, jobs: int, waiting: int = 0) -> None:
    """Store `jobs` jobs below a server's state directory; the last `waiting` of them wait, the others succeeded."""
    store = SqlStore.open(f"sqlite:///{state_dir / 'central.sqlite3'}")
    try:
        records = _jobs(jobs, waiting)
        for begin in range(0, jobs, BATCH):
            await store.commit([SaveJob(next(records)) for _ in range(min(BATCH, jobs - begin))])
    finally:
        await store.close()


def _jobs(count: int, waiting: int) -> Iterator[JobRecord]:
    now_ms = SystemClock().unix_ms()
    for number in range(1, count + 1):
        spec = JobSpec(
            name=f"job {number}",
            user_id=f"user-{number % USERS}",
            model_definition=_MODEL,
            dataset=f"synthetic://classification?samples={1000 + number % 100}&features=16&classes=10&seed=1",
        )
        queued = JobRecord(f"job-{number}", number, spec, content_digest(spec), JobState.QUEUED, now_ms)
        yield queued if number > count - waiting else _ended(queued)


def _ended(job: JobRecord) -> JobRecord:
    at_ms = job.submitted_at_ms
    attempt = AttemptRecord(1, "node-1", ("cpu:0",), 1 << 20, AttemptState.SUCCEEDED, "", at_ms, at_ms, at_ms)
    result = JobResult((), {"loss": 0.5, "accuracy": 0.9}, 1.0)
    return replace(job, state=JobState.SUCCEEDED, attempts=(attempt,), result=result, ended_at_ms=at_ms)
