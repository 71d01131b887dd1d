"""From a job's spec to a training that is ready to run: load, check, compile, draw or restore."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import numpy.typing as npt

from server_node.training.checkpoints.checkpoint import Checkpoint
from server_node.training.checkpoints.fingerprint import difference, fingerprint
from server_node.training.checkpoints.load import UnusableCheckpoint, load_checkpoint, restored_checkpoint
from server_node.training.data.dataset_form import DatasetForm
from server_node.training.data.device_dataset import DeviceDataset, HostDataset
from server_node.training.data.open_dataset import open_dataset
from server_node.training.data.window_reader import WINDOWS_HELD, window_rows
from server_node.training.device_failures import device_failures
from server_node.training.environment import TrainingEnvironment
from server_node.training.evaluation_sums import EvaluationSums, zero_evaluation_sums
from server_node.training.given_weights import HostModel, first_model, trained_on_of
from server_node.training.host_numbers import host_numbers
from server_node.training.layers.formulation_rule import formulation_for
from server_node.training.memory import MemoryAccount, tree_bytes
from server_node.training.metrics.task import Task
from server_node.training.numbers import Numbers
from server_node.training.prepared import DeviceParts, PreparedTraining
from server_node.training.program import Program, compile_program
from server_node.training.program_structure import ProgramStructure
from server_node.training.setup import TrainingSetup, training_setup
from server_node.training.several_losses import target_of
from server_node.training.stopping import ShouldStop, never_stop, stop_here
from server_node.training.target_checks import check_probabilities
from server_node.training.train_state import TrainState
from shared.job_spec import JobSpec
from shared.trained_on import UNKNOWN, TrainedOn

INT32_BYTES = 4
STATE_COPIES = 2


def prepare(
    spec: JobSpec,
    environment: TrainingEnvironment,
    *,
    checkpoints: Sequence[Path] = (),
    should_stop: ShouldStop = never_stop,
    device: jax.Device | None = None,
) -> PreparedTraining:
    """Make a training ready to run; from milliseconds, when program and data are cached, to a long compile.

    Args:
        spec: what to train, checked at submission.
        environment: shared by all trainings of the process.
        checkpoints: files to resume from, the first that can be used; what cannot is told in `resume_note`. Without
            one training starts over.
        should_stop: asked between loading, compiling and restoring, and while waiting for another job's compile.
        device: where to train; the first one by default.

    Raises:
        BadData: the dataset, or how it fits the job.
        InvalidField: what of the spec only the data could show to be wrong.
        OutOfMemory: the device cannot hold it.
        TrainingStopped: `should_stop` said so.
    """
    where = device or jax.local_devices()[0]
    stop_here(should_stop)
    with device_failures("preparing"):
        dataset = open_dataset(spec.dataset, environment, where, should_stop, model=judged_model(spec, environment))
        setup = with_windows(
            training_setup(spec, dataset.form, formulation_for(where, spec.model_definition)), dataset.form, environment
        )
        for end in setup.structure.judged_ends:
            if end.task is Task.BINARY and not end.kind.has_labels:
                check_probabilities(end.loss, _targets(dataset, end.target), dataset.form.name)
        stop_here(should_stop)
        program = cached_program(setup.structure, environment, where, should_stop)
        stop_here(should_stop)
        begun = _beginning(program, checkpoints, _first_model_of(spec, setup, environment))
        placed = jax.device_put(_Placed(begun.state, host_numbers(setup), zero_evaluation_sums(setup.structure)), where)
        parts = DeviceParts(dataset, environment.space, placed.numbers, placed.zero_sums)
        memory = memory_account(program, setup)
        return PreparedTraining(setup, program, parts, placed.state, memory, begun.restored, begun.note)


def _targets(dataset: DeviceDataset | HostDataset, place: int) -> npt.NDArray[Any]:
    if isinstance(dataset, DeviceDataset):
        return np.asarray(target_of(dataset.source.targets, place))
    more = (target.values for target in dataset.dataset.more_targets)
    return (dataset.dataset.targets, *more)[place]


class _Placed(NamedTuple):
    """What goes to the device in one transfer; a tuple because JAX takes it as a tree."""

    state: TrainState
    numbers: Numbers
    zero_sums: EvaluationSums


class _Beginning(NamedTuple):
    """Where training begins."""

    state: TrainState
    restored: Checkpoint | None
    note: str | None


def with_windows(setup: TrainingSetup, form: DatasetForm, environment: TrainingEnvironment) -> TrainingSetup:
    """Give the setup for data that are fed in windows, where they are too large for the device."""
    structure = setup.structure
    rows = window_rows(form, structure.examples_per_step, environment.space, environment.datasets.limit_bytes)
    return replace(setup, structure=replace(structure, fed_rows=rows))


def cached_program(
    structure: ProgramStructure, environment: TrainingEnvironment, device: jax.Device, should_stop: ShouldStop
) -> Program:
    """Give the program of a structure, compiled at most once in the process."""
    return environment.programs.get(structure.key(str(device)), lambda: compile_program(structure, device), should_stop)


def memory_account(program: Program, setup: TrainingSetup) -> MemoryAccount:
    """Add up what a training takes, from shapes alone."""
    structure = program.structure
    shapes = (structure.network.input_shape, *structure.more_input_shapes)
    shapes = (*shapes, *(kind.shape for kind in structure.target_kinds))
    rows = structure.examples
    if structure.fed_rows is not None:
        windows = -(-structure.order_length // structure.fed_rows)
        rows = structure.fed_rows * min(WINDOWS_HELD, windows)
    examples = rows * sum(math.prod(shape) for shape in shapes)
    return MemoryAccount(
        program_bytes=program.program_bytes + program.code_bytes,
        data_bytes=(examples + structure.order_length) * INT32_BYTES,
        state_bytes=tree_bytes(program.state_template) * STATE_COPIES + _best_bytes(program, setup),
    )


def _best_bytes(program: Program, setup: TrainingSetup) -> int:
    """Count the best epoch's model twice: a better one is copied before it replaces the last."""
    template = program.state_template
    return tree_bytes((template.weights, template.statistics)) * STATE_COPIES if setup.keeps_best else 0


def _first_model_of(spec: JobSpec, setup: TrainingSetup, environment: TrainingEnvironment) -> Callable[[], HostModel]:
    """Give what draws or reads the first weights, for when they are needed."""

    def begin() -> HostModel:
        weights = environment.artifact_path(spec.weights_sha256) if spec.weights else None
        return first_model(setup.structure.network, setup.hyperparameters.seed, weights)

    return begin


def judged_model(spec: JobSpec, environment: TrainingEnvironment) -> TrainedOn:
    """Return what the model of an evaluation or a prediction takes numbers to mean; a training decides that anew.

    Raises:
        BadData: its weights cannot be read. That they are not here yet, while a job is planned, is no reason.
    """
    if spec.job_type == "training" or not spec.weights:
        return UNKNOWN
    try:
        weights = environment.artifact_path(spec.weights_sha256)
    except FileNotFoundError:
        return UNKNOWN
    return trained_on_of(weights) if weights.exists() else UNKNOWN


def _beginning(program: Program, checkpoints: Sequence[Path], begin: Callable[[], HostModel]) -> _Beginning:
    refusals: list[str] = []
    for path in checkpoints:
        try:
            return _resumed(restored_checkpoint(load_checkpoint(path), program), program, refusals)
        except UnusableCheckpoint as error:
            refusals.append(str(error))
    note = "; ".join(refusals)
    why = f"no checkpoint can be used, training starts from the beginning: {note}" if note else None
    return _Beginning(_initial_state(begin(), program), None, why)


def _resumed(restored: Checkpoint, program: Program, refusals: Sequence[str]) -> _Beginning:
    older = f"resumed from an older checkpoint, because {'; '.join(refusals)}" if refusals else None
    notes = [note for note in (older, difference(restored.fingerprint, fingerprint(program.device))) if note]
    return _Beginning(restored.state, restored, "; ".join(notes) or None)


def _initial_state(model: HostModel, program: Program) -> TrainState:
    weights, statistics = model
    zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), program.state_template)
    return TrainState(
        weights=weights,  # type: ignore[arg-type]  # host arrays, on their way to the device
        statistics=statistics,  # type: ignore[arg-type]  # the same
        optimizer=zeros.optimizer,
        step=zeros.step,
        learning_rate=zeros.learning_rate,
        epoch_sums=zeros.epoch_sums,
        interval_sums=zeros.interval_sums,
        first_bad_step=zeros.first_bad_step,
        averaged=zeros.averaged,
    )
