"""The works of `workloads` through the training engine, as a job would train them but for the server.

`python -m benchmarks.engine_loop mlp` is a child of `rounds`. The time holds `train` from its first step to its last
report; data, program and state are ready before, as in every other contender.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.rounds import Pace, Stopwatch, Way, serve_ways
from benchmarks.workloads import LEARNING_RATE, MODELS, Workload, make_workload
from server_node.training.api import (
    DatasetCache,
    ProgramCache,
    TrainingEnvironment,
    no_artifacts,
    prepare,
    train,
)
from server_node.training.host_memory import keep_freed_memory
from shared.job_spec import JobSpec, job_spec_from_mapping


def engine_ways(workload: Workload, folder: Path) -> dict[str, Way]:
    """Give the one way there is; the data go through a file in `folder`."""
    file = folder / f"{workload.name}.npz"
    name = "tokens" if workload.name == "lm" else "x"
    np.savez(file, **{name: workload.inputs, "y": workload.labels})  # type: ignore[arg-type]  # numpy takes it for a flag
    environment = TrainingEnvironment(ProgramCache(), DatasetCache(), (folder,), no_artifacts)
    spec = _job(workload, file)

    def run() -> Pace:
        prepared = prepare(spec, environment)
        watch, samples = Stopwatch(), 0
        for report in train(prepared):
            samples = report.samples_processed
        assert samples == workload.samples_a_round, "no example may be held back"
        return watch.pace(samples)

    return {"engine": run}


def _job(workload: Workload, file: Path) -> JobSpec:
    return job_spec_from_mapping(
        {
            "model": MODELS[workload.name],
            "dataset": f"file://{file}",
            "batch_size": workload.batch_size,
            "epochs": workload.epochs,
            "hyperparameters": {"optimizer": "adam", "learning_rate": str(LEARNING_RATE)},
        }
    )


if __name__ == "__main__":
    keep_freed_memory()  # as a node does on starting
    with tempfile.TemporaryDirectory() as directory:
        serve_ways(engine_ways(make_workload(sys.argv[1]), Path(directory).resolve()))
