"""A page of jobs with 100,000 in the store, asked over HTTP; `cyxwiz list` as a whole process; `import cyxwiz`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import httpx

from benchmarks.central_process import central_process
from benchmarks.figures import milliseconds, print_figure, print_machine
from central_server.scheduler.effects import SaveJob
from central_server.scheduler.jobs import JobRecord
from central_server.storage.store import SqlStore
from central_server.telemetry_records import MetricRow
from shared.job_spec import JobSpec
from shared.lifecycle import JobState

JOBS = 100_000
BATCH = 2_000
ROUNDS = 10
CURVE_ROWS = 100_000
_SPEC = JobSpec(model_definition='{"layers":[{"type":"dense","units":10}]}', dataset="builtin://digits")
_PAGES = {
    "the newest 100": "",
    "the newest 1,000": "limit=1000",
    "in one state": "state=failed",
    "a search with many matches": "search=digits",
    "a search with one match": "search=number%2077777",
    "a search with none": "search=nothing",
    "a search in one state with none": "search=nothing&state=succeeded",
    "one label": "label=team:seven",
    "by name": "sort=name&order=asc",
    "by end": "sort=ended",
    "by priority": "sort=priority",
}


async def main() -> None:
    """Fill a store, or take the one in the folder that is named, then ask."""
    print_machine()
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        state_dir = Path(sys.argv[1] if len(sys.argv) > 1 else folder)
        await _fill(state_dir)
        async with central_process(state_dir, "--keep-jobs-days", "0") as server:
            await _measure_pages(server.http)
            _measure_command(server.grpc)
    seconds = _processes([sys.executable, "-c", "import cyxwiz"])
    print_figure("import cyxwiz, a whole process", milliseconds(seconds), goal="at most 200 ms")


async def _measure_pages(http: str) -> None:
    async with httpx.AsyncClient(base_url=http, timeout=60) as client:
        for name, query in _PAGES.items():
            seconds = [await _seconds(client, f"/api/v1/jobs?{query}") for _ in range(ROUNDS)]
            print_figure(f"a page of jobs, {name}", milliseconds(seconds), goal="at most 100 ms")
        curve = [await _seconds(client, "/api/v1/jobs/job-1/curve") for _ in range(5)]
        print_figure(f"a curve of {CURVE_ROWS:,} rows, thinned to 1,000 points", milliseconds(curve))


async def _seconds(client: httpx.AsyncClient, path: str) -> float:
    begun = time.perf_counter()
    (await client.get(path)).raise_for_status()
    return time.perf_counter() - begun


def _measure_command(grpc: str) -> None:
    command = [sys.executable, "-m", "cyxwiz", "list", "--server", grpc]
    print_figure("cyxwiz list, a whole process", milliseconds(_processes(command)), goal="at most 500 ms")


def _processes(command: list[str]) -> list[float]:
    seconds = []
    for _ in range(7):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - begun)
    return seconds


async def _fill(state_dir: Path) -> None:
    """Make a store with the jobs unless there is one already."""
    if await asyncio.to_thread((state_dir / "central.sqlite3").exists):
        return
    store = SqlStore.open(f"sqlite:///{state_dir / 'central.sqlite3'}")
    try:
        for start in range(1, JOBS + 1, BATCH):
            await store.commit([SaveJob(_job(number)) for number in range(start, min(start + BATCH, JOBS + 1))])
        for start in range(0, CURVE_ROWS, BATCH):
            steps = range(start, start + BATCH)
            await store.add_telemetry([MetricRow("job-1", 1, step, 1, step, _values(step)) for step in steps], [])
    finally:
        await store.close()


def _job(number: int) -> JobRecord:
    teams = ("one", "two", "three", "four", "five", "six", "seven")
    spec = _SPEC.model_copy(
        update={
            "name": f"digits number {number}",
            "labels": {"team": teams[number % 7]},
            "priority": ("low", "normal", "high")[number % 3],
        }
    )
    job = JobRecord(f"job-{number}", number, spec, f"digest of {number}", JobState.QUEUED, submitted_at_ms=number)
    state = JobState.FAILED if number % 50 == 0 else JobState.SUCCEEDED
    return replace(job, state=state, ended_at_ms=number)


def _values(step: int) -> dict[str, float]:
    return {"loss": 1.0 / (1 + step), "accuracy": step / CURVE_ROWS, "learning_rate": 0.001, "val_loss": 0.5}


if __name__ == "__main__":
    asyncio.run(main())
