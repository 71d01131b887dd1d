"""A child of `bench_jobs_at_once`: eight small jobs in one process, one after another or at once.

`python -m benchmarks.small_jobs 2` gives XLA two threads; see `rounds` for what is said on standard input and output.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.jobs import JobFile
from benchmarks.rounds import Pace, Stopwatch, serve_ways
from server_node.main import SWITCH_INTERVAL_SECONDS
from server_node.training.runtime_flags import set_runtime_flags

JOBS = 8
SECONDS = 1.2
SMALL: JobFile = {
    "model": {"layers": [{"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 10}]},
    "dataset": "synthetic://classification?samples=65536&features=64&classes=10&seed=1",
    "batch_size": 64,
    "epochs": 1_000_000,
    "hyperparameters": {"optimizer": "adam"},
}
CHUNK_SECONDS = 0.05
LONG_CHUNK_SECONDS = 0.5
"""Longer than an epoch of these jobs."""


def main(threads: int) -> None:
    """Prepare all jobs, compiled and warm, and train what is asked for."""
    set_runtime_flags(threads)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    jobs = _prepared_jobs()
    serve_ways({"alone": lambda: _one_after_another(jobs), "at once": lambda: _at_once(jobs)})


def _one_after_another(jobs: list[Any]) -> Pace:
    watch = Stopwatch()
    return watch.pace(sum(_train_for(job, LONG_CHUNK_SECONDS, SECONDS / JOBS) for job in jobs))


def _at_once(jobs: list[Any]) -> Pace:
    watch = Stopwatch()
    with ThreadPoolExecutor(JOBS) as pool:
        return watch.pace(sum(pool.map(lambda job: _train_for(job, CHUNK_SECONDS, SECONDS), jobs)))


def _prepared_jobs() -> list[Any]:
    from server_node.training.api import (  # noqa: PLC0415 - loads JAX, whose flags must be set before
        DatasetCache,
        ProgramCache,
        TrainingEnvironment,
        no_artifacts,
        prepare,
    )
    from shared.job_spec import job_spec_from_mapping  # noqa: PLC0415 - the same

    environment = TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts)
    specs = [{**SMALL, "hyperparameters": {"optimizer": "adam", "seed": seed}} for seed in range(JOBS)]
    jobs = [prepare(job_spec_from_mapping(spec), environment) for spec in specs]
    jobs[0].program.evaluate_chunk.executable()
    for job in jobs:
        _train_for(job, LONG_CHUNK_SECONDS, SECONDS / JOBS)
    return jobs


def _train_for(prepared: Any, chunk_seconds: float, seconds: float) -> int:
    from server_node.training.api import train  # noqa: PLC0415 - the same

    before = prepared.setup.samples_after(prepared.step)
    until = time.perf_counter() + seconds
    for _ in train(prepared, chunk_seconds=chunk_seconds):
        if time.perf_counter() >= until:
            break
    return int(prepared.setup.samples_after(prepared.step) - before)


if __name__ == "__main__":
    main(int(sys.argv[1]))
