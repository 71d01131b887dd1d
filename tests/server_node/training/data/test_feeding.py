"""Data that are fed in windows give the same bits as data that are on the device whole."""

from pathlib import Path
from weakref import ref

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from server_node.training.data.data_space import DataSpace, one_feeding_thread
from server_node.training.data.dataset import Dataset
from server_node.training.data.device_dataset import DeviceDataset, HostDataset, host_source, put_on_device
from server_node.training.data.open_dataset import find_dataset, open_dataset
from server_node.training.data.splits import Indices, epoch_order
from server_node.training.data.visits import FedVisit, ResidentVisit, Visit
from server_node.training.data.window_reader import WINDOWS_HELD, WindowReader, window_order, window_rows
from server_node.training.steps import Source
from server_node.training.stopping import never_stop
from shared.dataset_options import FileFormat
from shared.job_spec import JobSpec
from tests.server_node.training.builders import CNN, a_job, an_environment, finished, run_to_step, timeless, weight_bits
from tests.server_node.training.data.samples import SAMPLES

EMBEDDED = [{"type": "embedding", "vocab_size": 9, "embedding_dim": 4}, {"type": "dense", "units": 2}]
JOBS = {
    "mlp": a_job(validation_split=0.2, metric_interval_steps=3, epochs=2),
    "accumulation": a_job(batch_size=8, gradient_accumulation=3, validation_split=0.1, epochs=2),
    "cnn": a_job(CNN, "builtin://digits", batch_size=300, epochs=1),
    "tokens": a_job(EMBEDDED, "synthetic://tokens?samples=50&length=6&vocab=9", batch_size=8, epochs=2),
}


BATCH = 4
FEEDING = one_feeding_thread()
PROGRAMS = ProgramCache()
"""Shared, so that programs compiled for one test serve the next."""


def feeding(window_bytes: int, *roots: Path) -> TrainingEnvironment:
    space = DataSpace(resident_bytes=0, window_bytes=window_bytes)
    return TrainingEnvironment(PROGRAMS, DatasetCache(), roots, no_artifacts, space)


@pytest.mark.parametrize(
    "name", ["mlp", *(pytest.param(name, marks=pytest.mark.slow) for name in JOBS if name != "mlp")]
)
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


def fed_visit(data: HostDataset, order: Indices, windows_of: int, device: jax.Device) -> FedVisit:
    places = jax.device_put(window_order(order.size, windows_of), device)
    reader = WindowReader(data.dataset, windows_of, device)
    return FedVisit(reader, order, BATCH, places, FEEDING)


def batches(visit: Visit, count: int, parts_of: int) -> list[bytes]:
    """The bits of every batch, taken in calls of `parts_of` batches as a program finds them."""
    found: list[bytes] = []
    for first in range(0, count, parts_of):
        for part in visit.parts(first, min(parts_of, count - first)):
            order, source = np.asarray(part.order), jax.device_get(part.source)
            for batch in range(len(found), len(found) + part.batches):
                rows = order[batch * BATCH : (batch + 1) * BATCH]
                found.append(source.inputs[rows].tobytes() + source.targets[rows].tobytes())
    return found


def test_every_format_has_a_sample() -> None:
    assert set(SAMPLES) == set(FileFormat)


@pytest.mark.parametrize("form", SAMPLES)
def test_every_format_gives_the_same_batches_fed_and_resident(
    environment: TrainingEnvironment, tmp_path: Path, form: FileFormat
) -> None:
    uri, device = SAMPLES[form](tmp_path), jax.local_devices()[0]
    whole = open_dataset(uri, an_environment(tmp_path), device, never_stop)
    fed = open_dataset(uri, feeding(1, tmp_path), device, never_stop)
    assert isinstance(whole, DeviceDataset)
    assert isinstance(fed, HostDataset)
    assert whole.form == fed.form
    length = -(-whole.form.examples // BATCH) * BATCH
    order = epoch_order(np.arange(whole.form.examples, dtype=np.int32), seed=3, epoch=1, length=length)
    resident = batches(ResidentVisit(whole.source, jax.device_put(order, device)), length // BATCH, 2)
    assert len(set(resident)) > 1
    for batches_a_window, parts_of in ((1, 1), (1, 3), (2, 2)):
        visit = fed_visit(fed, order, batches_a_window * BATCH, device)
        assert batches(visit, length // BATCH, parts_of) == resident


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**32 - 1), st.booleans())
def test_batches_do_not_depend_on_windows_or_on_how_many_are_taken_at_once(
    examples: int, batches_a_window: int, parts_of: int, seed: int, are_targets_inputs: bool
) -> None:
    device = jax.local_devices()[0]
    inputs = np.arange(examples * 3, dtype=np.float32).reshape(examples, 3)
    targets = inputs if are_targets_inputs else np.arange(examples, dtype=np.int32)
    data = Dataset("data", inputs, targets, examples, None if are_targets_inputs else examples)
    count = -(-examples // BATCH)
    order = epoch_order(np.arange(examples, dtype=np.int32), seed, 0, count * BATCH)
    resident = ResidentVisit(put_on_device(data, device).source, jax.device_put(order, device))
    fed = fed_visit(HostDataset(data.form, data), order, batches_a_window * BATCH, device)
    assert batches(fed, count, parts_of) == batches(resident, count, count)


def test_there_are_never_more_windows_than_the_memory_account_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither while training goes from one epoch to the next, nor while it is validated and tested."""
    leaves: list[ref[jax.Array]] = []
    alive: list[int] = []
    read = WindowReader.read

    def counted(reader: WindowReader, order: Indices, window: int) -> Source:
        there = [leaf for leaf in (known() for known in leaves) if leaf is not None and not leaf.is_deleted()]
        alive.append(len(there) // 2)
        source = read(reader, order, window)
        leaves.extend(ref(leaf) for leaf in jax.tree.leaves(source))
        return source

    monkeypatch.setattr(WindowReader, "read", counted)
    node, spec = feeding(700), a_job(validation_split=0.2, test_split=0.2, epochs=2)
    done = finished(spec, node)
    rows = done.setup.structure.fed_rows
    assert rows is not None
    assert len(alive) > 10
    assert max(alive) + 1 == WINDOWS_HELD
    order_bytes = done.setup.structure.order_length * 4
    form = done._parts.dataset.form
    assert done.memory.data_bytes == WINDOWS_HELD * rows * form.example_bytes + order_bytes


def test_a_window_is_handed_to_a_device_of_the_host_without_another_copy() -> None:
    dataset = find_dataset("synthetic://classification?samples=90&features=30", feeding(1)).load()
    inputs = host_source(dataset, np.arange(50)).inputs
    placed = jax.device_put(inputs, jax.local_devices()[0])
    assert placed.unsafe_buffer_pointer() == inputs.ctypes.data


def test_a_checkpoint_of_fed_data_resumes_on_resident_data(environment: TrainingEnvironment, tmp_path: Path) -> None:
    spec = JOBS["mlp"]
    begun = prepare(spec, feeding(700))
    run_to_step(begun, 3, chunk_seconds=0.0)
    save_checkpoint(begun.snapshot(), tmp_path / "c")
    resumed = prepare(spec, environment, checkpoints=[tmp_path / "c"])
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
