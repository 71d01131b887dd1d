"""Data that are fed in windows give the same bits as data that are on the device whole."""

from pathlib import Path

import numpy as np
import pytest

from server_node.training.api import (
    DatasetCache,
    ProgramCache,
    TrainingEnvironment,
    no_artifacts,
    plan_memory,
    prepare,
    save_checkpoint,
    train,
)
from server_node.training.data.data_space import DataSpace
from server_node.training.data.device_dataset import DeviceDataset, HostDataset
from server_node.training.data.open_dataset import find_dataset
from server_node.training.data.window_reader import window_rows
from shared.job_spec import JobSpec
from tests.server_node.training.builders import CNN, a_job, finished, run_to_step, timeless, weight_bits

EMBEDDED = [{"type": "embedding", "vocab_size": 9, "embedding_dim": 4}, {"type": "dense", "units": 2}]
JOBS = {
    "mlp": a_job(validation_split=0.2, metric_interval_steps=3, epochs=2),
    "accumulation": a_job(batch_size=8, gradient_accumulation=3, validation_split=0.1, epochs=2),
    "cnn": a_job(CNN, "builtin://digits", batch_size=300, epochs=1),
    "tokens": a_job(EMBEDDED, "synthetic://tokens?samples=50&length=6&vocab=9", batch_size=8, epochs=2),
    "same": a_job([{"type": "dense", "units": 20}], "synthetic://classification?samples=40&target=input", batch_size=8),
}


def feeding(window_bytes: int, *roots: Path) -> TrainingEnvironment:
    space = DataSpace(resident_bytes=0, window_bytes=window_bytes)
    return TrainingEnvironment(ProgramCache(), DatasetCache(), roots, no_artifacts, space)


@pytest.mark.parametrize("name", JOBS)
def test_fed_data_give_the_same_bits_as_resident_data(environment: TrainingEnvironment, name: str) -> None:
    spec = JOBS[name]
    resident, fed = finished(spec, environment), finished(spec, feeding(700))
    assert isinstance(resident._parts.dataset, DeviceDataset)
    assert isinstance(fed._parts.dataset, HostDataset)
    assert fed.setup.structure.rows_on_device < fed.setup.structure.examples
    assert weight_bits(fed) == weight_bits(resident)
    assert timeless(fed.history) == timeless(resident.history)
    assert fed.result().final_metrics.keys() == resident.result().final_metrics.keys()
    assert fed.evaluation == resident.evaluation


def test_a_checkpoint_of_fed_data_resumes_on_resident_data(environment: TrainingEnvironment, tmp_path: Path) -> None:
    spec = JOBS["mlp"]
    begun = prepare(spec, feeding(2_000))
    run_to_step(begun, 3, chunk_seconds=0.0)
    save_checkpoint(begun.snapshot(), tmp_path / "c")
    resumed = prepare(spec, environment, checkpoint=tmp_path / "c")
    assert resumed.start_step >= 3
    list(train(resumed))
    assert weight_bits(resumed) == weight_bits(finished(spec, environment))


def test_a_mapped_file_is_fed_without_being_read_into_memory(tmp_path: Path) -> None:
    table = np.random.default_rng(0).standard_normal((3_000, 9), dtype=np.float32)
    table[:, -1] = np.arange(3_000) % 3
    np.save(tmp_path / "x.npy", table[:, :-1])
    np.save(tmp_path / "y.npy", (np.arange(3_000) % 3).astype(np.int32))
    spec = a_job(dataset=f"file://{tmp_path}/x.npy?target=y.npy", batch_size=64, epochs=1)
    environment = feeding(8_000, tmp_path)
    data = find_dataset(spec.dataset, environment).load()
    assert isinstance(data.inputs, np.memmap)
    fed = finished(spec, environment)
    assert isinstance(fed._parts.dataset, HostDataset)
    assert fed._parts.dataset.size_bytes == 0
    whole = TrainingEnvironment(ProgramCache(), DatasetCache(), (tmp_path,), no_artifacts)
    assert weight_bits(fed) == weight_bits(finished(spec, whole))


def test_a_window_is_whole_steps_and_no_longer_than_the_data() -> None:
    form = find_dataset("synthetic://classification?samples=100&features=9", feeding(1)).load().form
    assert form.example_bytes == 40

    def rows(window_bytes: int, examples_per_step: int = 16) -> int | None:
        space = DataSpace(resident_bytes=3_999, window_bytes=window_bytes)
        return window_rows(form, examples_per_step, space, limit_bytes=10**9)

    assert rows(1) == 16
    assert rows(40 * 16 * 2 + 39) == 32
    assert rows(10**6) == 112
    assert window_rows(form, 16, DataSpace(resident_bytes=4_000), 10**9) is None


def test_a_plan_counts_windows_and_not_the_whole_dataset() -> None:
    spec: JobSpec = a_job(dataset="synthetic://classification?samples=100000&features=100", batch_size=100)
    whole = TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts)
    assert plan_memory(spec, whole).memory.data_bytes > 100_000 * 101 * 4
    assert plan_memory(spec, feeding(100_000)).memory.data_bytes < 2 * 100_000 + 100_000 * 4 + 1_000
