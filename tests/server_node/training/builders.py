"""Builders for tests of the engine: jobs, environments, whole runs."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from server_node.training.api import (
    ChunkReport,
    DatasetCache,
    MetricRow,
    PreparedTraining,
    ProgramCache,
    TrainingEnvironment,
    no_artifacts,
    prepare,
    train,
)
from server_node.training.data.device_dataset import DeviceDataset
from server_node.training.steps import Source
from shared.job_spec import JobSpec, job_spec_from_mapping

MLP: Sequence[Mapping[str, Any]] = (
    {"type": "dense", "units": 16, "activation": "relu"},
    {"type": "dense", "units": 10},
)
CNN: Sequence[Mapping[str, Any]] = (
    {"type": "conv2d", "filters": 8, "activation": "relu"},
    {"type": "max_pool2d"},
    {"type": "batch_norm"},
    {"type": "dropout", "rate": 0.25},
    {"type": "dense", "units": 10},
)
SMALL = "synthetic://classification?samples=100&features=8&classes=3&seed=1"


def an_environment(*data_roots: Path) -> TrainingEnvironment:
    return TrainingEnvironment(ProgramCache(), DatasetCache(), data_roots, no_artifacts)


def a_job(
    layers: Sequence[Mapping[str, Any]] = MLP,
    dataset: str = SMALL,
    *,
    batch_size: int = 16,
    epochs: int = 3,
    **hyperparameters: Any,
) -> JobSpec:
    """A small job; the last of 7 batches of the default data holds 4 examples."""
    return job_spec_from_mapping(
        {
            "model": {"layers": [dict(layer) for layer in layers]},
            "dataset": dataset,
            "batch_size": batch_size,
            "epochs": epochs,
            "hyperparameters": {"seed": 7, **hyperparameters},
        }
    )


def finished(spec: JobSpec, environment: TrainingEnvironment, **options: Any) -> PreparedTraining:
    """The job, trained to its end."""
    prepared = prepare(spec, environment)
    reports = list(train(prepared, **options))
    assert reports[-1].is_last
    prepared.program.evaluate_chunk.is_ready(within_seconds=60)  # or a later test would count its compiling
    return prepared


def run_to_step(prepared: PreparedTraining, step: int, **options: Any) -> ChunkReport:
    """Train until at least `step` steps are done."""
    return next(report for report in train(prepared, **options) if report.step >= step)


def clock_of_chunks(sizes: Sequence[int]) -> Callable[[], float]:
    """A clock whose passing between its readings makes chunks of such sizes, where `chunk_seconds` is 1."""
    now, turn = [0.0], count()

    def clock() -> float:
        now[0] += 1.0 / sizes[next(turn) % len(sizes)]
        return now[0]

    return clock


def weight_bits(prepared: PreparedTraining) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in prepared.result().weights.items()}


def timeless(rows: Sequence[MetricRow]) -> list[tuple[Any, ...]]:
    """The history without what depends on the clock."""
    return [
        (row.step, row.epoch, row.kind, {name: value for name, value in row.values.items() if name != "elapsed_ms"})
        for row in rows
    ]


def resident_source(prepared: PreparedTraining) -> Source:
    """Return the examples of a training whose data lie on its device."""
    dataset = prepared._parts.dataset
    assert isinstance(dataset, DeviceDataset)
    return dataset.source
