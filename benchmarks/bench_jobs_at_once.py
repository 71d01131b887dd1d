"""Samples a second of eight small jobs at once on two cores, against the same eight one after another.

One after another is measured with one and with two threads of XLA, in chunks as long as an epoch, and the better of
these counts. At once is a node's own way, a thread a job and chunks of 50 ms, with each number of threads too. Every
setting has a process of its own, because XLA reads its threads once; programs have been compiled before the clock runs.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.figures import print_figure, print_machine
from benchmarks.jobs import JobFile
from server_node.main import SWITCH_INTERVAL_SECONDS
from server_node.training.runtime_flags import set_runtime_flags

JOBS = 8
SECONDS = 4.0
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
ROUNDS = 1


def main() -> None:
    """Alternate between all settings and print each, and the ratio of the best ones."""
    print_machine()
    alone: dict[str, list[float]] = {}
    at_once: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for threads in (1, 2):
            alone.setdefault(f"threads {threads}", []).append(_rate("alone", threads, LONG_CHUNK_SECONDS))
            at_once.setdefault(f"threads {threads}", []).append(_rate("at_once", threads, CHUNK_SECONDS))
    for name, rates in alone.items():
        print_figure(f"one after another, {name}", f"{max(rates):,.0f} samples/s, the best of {ROUNDS}")
    for name, rates in at_once.items():
        print_figure(f"{JOBS} at once, {name}", f"{max(rates):,.0f} samples/s, the best of {ROUNDS}")
    ratio = _best(at_once) / _best(alone)
    print_figure("at once to one after another at its best", f"{ratio:.2f}", goal="≥ 1.7")


def _best(rates: dict[str, list[float]]) -> float:
    return max(max(found) for found in rates.values())


def _rate(way: str, threads: int, chunk_seconds: float) -> float:
    command = [sys.executable, "-m", "benchmarks.bench_jobs_at_once", way, str(threads), str(chunk_seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)


def _measured(way: str, threads: int, chunk_seconds: float) -> float:
    set_runtime_flags(threads)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    prepared = _prepared_jobs()
    for one in prepared:
        _train_for(one, chunk_seconds, SECONDS / JOBS / 4)
    begun = time.perf_counter()
    if way == "alone":
        samples = sum(_train_for(one, chunk_seconds, SECONDS / JOBS) for one in prepared)
    else:
        with ThreadPoolExecutor(JOBS) as pool:
            samples = sum(pool.map(lambda one: _train_for(one, chunk_seconds, SECONDS), prepared))
    return samples / (time.perf_counter() - begun)


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
    jobs = [{**SMALL, "hyperparameters": {"optimizer": "adam", "seed": seed}} for seed in range(JOBS)]
    return [prepare(job_spec_from_mapping(job), environment) for job in jobs]


def _train_for(prepared: Any, chunk_seconds: float, seconds: float) -> int:
    from server_node.training.api import train  # noqa: PLC0415 - the same

    before = prepared.setup.samples_after(prepared.step)
    until = time.perf_counter() + seconds
    for _ in train(prepared, chunk_seconds=chunk_seconds):
        if time.perf_counter() >= until:
            break
    return int(prepared.setup.samples_after(prepared.step) - before)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        print(_measured(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
