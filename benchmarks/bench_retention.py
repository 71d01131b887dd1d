"""Disk use over 10,000 jobs of which 500 are kept, and what forgetting a job costs. No node: jobs end as they come."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import print_figure, print_machine
from central_server.artifacts.local_directory import LocalArtifacts
from central_server.artifacts.sweep import ArtifactSweep
from central_server.retention.cleanup import Cleanup
from central_server.retention.limits import Limits
from central_server.scheduler.effects import RemoveJob, SaveJob
from central_server.scheduler.jobs import JobRecord, JobResult
from central_server.storage.store import SqlStore
from central_server.telemetry_records import LogLine, MetricRow
from shared.clock import SystemClock
from shared.job_spec import JobSpec
from shared.lifecycle import JobState
from shared.node_messages import ResultFile

JOBS = 10_000
KEPT = 500
BATCH = 250
ROWS = 20
LINES = 5
RESULT_BYTES = 20_000
MIB = 2**20
_SPEC = JobSpec(model_definition='{"layers":[{"type":"dense","units":10}]}', dataset="builtin://digits")


async def main() -> None:
    """Let jobs end and be forgotten, batch by batch."""
    print_machine()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        store = SqlStore.open(f"sqlite:///{path / 'central.sqlite3'}")
        artifacts = LocalArtifacts(path / "artifacts", most_bytes=2**30)
        artifacts.open()
        try:
            await _run(path, store, artifacts)
        finally:
            await store.close()


async def _run(path: Path, store: SqlStore, artifacts: LocalArtifacts) -> None:
    sweep = ArtifactSweep(artifacts, store, SystemClock(), grace_seconds=-1.0)

    async def forget(job_ids: tuple[str, ...]) -> None:
        artifacts.release(await store.commit([RemoveJob(job_id) for job_id in job_ids]))

    cleanup = Cleanup(
        Limits(jobs_count=KEPT), store=store, artifacts=sweep, forget=forget, named=frozenset, clock=SystemClock()
    )
    sizes, seconds = [], 0.0
    for start in range(0, JOBS, BATCH):
        await _let_jobs_end(store, artifacts, range(start + 1, start + BATCH + 1))
        sizes.append(_disk_bytes(path))
        begun = time.perf_counter()
        await cleanup.clean()
        await sweep.sweep()
        seconds += time.perf_counter() - begun
    half = len(sizes) // 2
    print_figure("disk at its fullest, first half of 10,000 jobs", f"{max(sizes[:half]) / MIB:.1f} MiB")
    print_figure(
        "disk at its fullest, second half", f"{max(sizes[half:]) / MIB:.1f} MiB", goal="no more than the first"
    )
    print_figure("forgetting a job", f"{seconds / (JOBS - KEPT) * 1e3:.2f} ms")


async def _let_jobs_end(store: SqlStore, artifacts: LocalArtifacts, numbers: range) -> None:
    records = [_ended(artifacts, number) for number in numbers]
    await store.commit([SaveJob(record) for record in records])
    rows = [MetricRow(record.job_id, 1, step, 1, step, {"loss": 0.5}) for record in records for step in range(ROWS)]
    lines = [LogLine(record.job_id, 1, at_ms, "info", "a line") for record in records for at_ms in range(LINES)]
    await store.add_telemetry(rows, lines)


def _ended(artifacts: LocalArtifacts, number: int) -> JobRecord:
    content = number.to_bytes(4, "big") * (RESULT_BYTES // 4)
    sha256 = hashlib.sha256(content).hexdigest()
    path = artifacts.path(sha256)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    job = JobRecord(f"job-{number}", number, _SPEC, f"digest of {number}", JobState.QUEUED, submitted_at_ms=1)
    result = JobResult((ResultFile("model.safetensors", sha256, len(content)),), {"loss": 0.5}, 1.0)
    return replace(job, state=JobState.SUCCEEDED, result=result, ended_at_ms=number)


def _disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    asyncio.run(main())
