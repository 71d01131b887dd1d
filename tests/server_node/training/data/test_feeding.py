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
from server_node.training.data.device_dataset import DeviceDataset, HostDataset, host_source
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
}


PROGRAMS = ProgramCache()
"""Shared, so that programs compiled for one test serve the next."""


def feeding(window_bytes: int, *roots: Path) -> TrainingEnvironment:
    space = DataSpace(resident_bytes=0, window_bytes=window_bytes)
    return TrainingEnvironment(PROGRAMS, DatasetCache(), roots, no_artifacts, space)


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
    begun = prepare(spec, feeding(700))
    run_to_step(begun, 3, chunk_seconds=0.0)
    save_checkpoint(begun.snapshot(), tmp_path / "c")
    resumed = prepare(spec, environment, checkpoint=tmp_path / "c")
    assert resumed.start_step >= 3
    list(train(resumed))
    assert weight_bits(resumed) == weight_bits(finished(spec, environment))


def test_a_mapped_file_is_fed_without_being_read_into_memory(environment: TrainingEnvironment, tmp_path: Path) -> None:
    spec = JOBS["mlp"]
    same = find_dataset(spec.dataset, environment).load()
    np.save(tmp_path / "x.npy", same.inputs)
    np.save(tmp_path / "y.npy", same.targets)
    node = feeding(700, tmp_path)
    mapped = spec.model_copy(update={"dataset": f"file://{tmp_path}/x.npy?target=y.npy"})
    assert isinstance(find_dataset(mapped.dataset, node).load().inputs, np.memmap)
    fed = finished(mapped, node)
    assert isinstance(fed._parts.dataset, HostDataset)
    assert fed._parts.dataset.size_bytes == 0
    assert weight_bits(fed) == weight_bits(finished(spec, environment))


def test_inputs_that_are_their_own_targets_are_read_once() -> None:
    dataset = find_dataset("synthetic://classification?samples=9&target=input", feeding(1)).load()
    source = host_source(dataset, np.array([4, 2, 2]))
    assert source.targets is source.inputs
    np.testing.assert_array_equal(source.inputs, dataset.inputs[[4, 2, 2]])


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
    whole_bytes, order_bytes = 100_000 * 101 * 4, 100_000 * 4
    assert plan_memory(spec, feeding(100_000)).memory.data_bytes < 2 * 100_000 + order_bytes + 1_000 < whole_bytes
