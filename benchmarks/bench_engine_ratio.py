"""Samples per second of the training engine against a bare hand-written JAX loop of the same work, alternating.

Prints one line a workload: the medians of both and the median of the rounds' ratios.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bare_jax_loop import SLICED_CNN, STOCK_CNN, Workload, best_bare_loop, mlp
from server_node.training.api import (
    DatasetCache,
    ProgramCache,
    TrainingEnvironment,
    no_artifacts,
    prepare,
    train,
)
from server_node.training.data.digits import load_digits
from server_node.training.data.synthetic import make_synthetic
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.synthetic_dataset import SyntheticClassification

ROUNDS = 5
MLP_DATA = "synthetic://classification?samples=20000&features=784&classes=10&seed=0"
MLP_EPOCHS, CNN_EPOCHS = 4, 25


def main() -> None:
    """Measure both workloads."""
    load = os.getloadavg()[0]
    print(f"load average before: {load:.2f} on {os.cpu_count()} cores")
    for workload, epochs, spec in (_mlp(), _cnn()):
        _compare(workload.name, best_bare_loop(workload, epochs), _engine(spec))


def _compare(name: str, bare: Callable[[], float], engine: Callable[[], float]) -> None:
    engine()
    pairs = [(bare(), engine()) for _ in range(ROUNDS)]
    bare_rate = statistics.median(pair[0] for pair in pairs)
    engine_rate = statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    print(f"{name}: engine {engine_rate:,.0f} samples/s, bare JAX {bare_rate:,.0f} samples/s, ratio {ratio:.3f}")


def _engine(spec: JobSpec) -> Callable[[], float]:
    environment = TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts)

    def run() -> float:
        prepared = prepare(spec, environment)
        started, last = time.perf_counter(), None
        for last in train(prepared):
            if last.step == prepared.steps_total:
                break
        assert last is not None
        return last.samples_processed / (time.perf_counter() - started)

    return run


def _mlp() -> tuple[Workload, int, JobSpec]:
    data = make_synthetic(SyntheticClassification(samples=20_000, features=784, classes=10, seed=0), "mlp", 2**31)
    workload = Workload(
        "MLP 784-256-128-10, batch 128",
        cast("np.ndarray[Any, np.dtype[np.float32]]", data.inputs),
        data.targets.astype("int32"),
        128,
        ((784, 256), (256, 128), (128, 10)),
        (mlp,),
    )
    layers: list[Mapping[str, Any]] = [
        {"type": "dense", "units": 256, "activation": "relu"},
        {"type": "dense", "units": 128, "activation": "relu"},
        {"type": "dense", "units": 10},
    ]
    return workload, MLP_EPOCHS, _spec(layers, MLP_DATA, 128, MLP_EPOCHS)


def _cnn() -> tuple[Workload, int, JobSpec]:
    data = load_digits()
    count = data.train_examples
    workload = Workload(
        "digits CNN 32-64, batch 64",
        cast("np.ndarray[Any, np.dtype[np.float32]]", data.inputs[:count]),
        data.targets[:count].astype("int32"),
        64,
        ((3, 3, 1, 32), (3, 3, 32, 64), (1024, 10)),
        (SLICED_CNN, STOCK_CNN),
    )
    layers: list[Mapping[str, Any]] = [
        {"type": "conv2d", "filters": 32, "activation": "relu"},
        {"type": "max_pool2d"},
        {"type": "conv2d", "filters": 64, "activation": "relu"},
        {"type": "flatten"},
        {"type": "dense", "units": 10},
    ]
    return workload, CNN_EPOCHS, _spec(layers, "builtin://digits", 64, CNN_EPOCHS)


def _spec(layers: Sequence[Mapping[str, Any]], dataset: str, batch_size: int, epochs: int) -> JobSpec:
    return job_spec_from_mapping(
        {"model": {"layers": layers}, "dataset": dataset, "batch_size": batch_size, "epochs": epochs}
    )


if __name__ == "__main__":
    main()
