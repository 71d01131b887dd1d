"""Compiling ahead of time: from a program's structure, on shapes alone, to the executables for one device."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np

from server_node.training.abstract import abstract, pinned
from server_node.training.evaluation_sums import zero_evaluation_sums
from server_node.training.late_executable import LateExecutable
from server_node.training.layers.layer import Arrays
from server_node.training.models.network import initial_weights, layer_numbers
from server_node.training.numbers import Numbers
from server_node.training.optimizers import OPTIMIZERS
from server_node.training.program_structure import ProgramStructure
from server_node.training.steps import (
    EvaluationRange,
    Source,
    evaluate_chunk,
    predict_batch,
    train_chunk,
    train_one_step,
)
from server_node.training.train_state import TrainState, zero_sums

TrainChunk = Callable[[TrainState, Source, jax.Array, Numbers, np.int32], tuple[TrainState, jax.Array]]
PredictBatch = Callable[[tuple[tuple[Arrays, ...], tuple[Arrays, ...]], Source, Numbers, EvaluationRange], Any]
CPU = "cpu"
CODE_PARTS_A_THREAD = 2
"""Into how many parts XLA splits a program's code for each of its threads; the parts are the same code."""


@dataclass(frozen=True, slots=True)
class Program:
    """The executables of one structure on one device, and what the compiler says about them.

    Attributes:
        structure: what they were compiled for.
        device: where they run.
        train_chunk: see `steps.train_chunk`; takes at least one step and donates the state.
        evaluate_chunk: see `steps.evaluate_chunk`; on a CPU it may still be compiling.
        program_bytes: code and temporary memory at its largest, beyond arguments.
        code_bytes: the code alone.
        state_template: the state as shapes and types.
        flops_per_step: by the compiler's own count; 0 where it gives none.
    """

    structure: ProgramStructure
    device: jax.Device
    train_chunk: TrainChunk
    evaluate_chunk: LateExecutable
    program_bytes: int
    code_bytes: int
    state_template: TrainState
    flops_per_step: float


def compile_program(structure: ProgramStructure, device: jax.Device) -> Program:
    """Trace and compile; needs no data and takes from tens of milliseconds to many seconds."""
    abstract = _abstract_arguments(structure, device)
    train = compile_lowered(_lower_train(structure, abstract), device)
    evaluate = LateExecutable(lambda: compile_lowered(_lower_evaluate(structure, abstract), device))
    # A CPU's evaluation holds no more than the half of a step that goes forward, and XLA counts no code there. On a GPU
    # both are waited for: compiling tries kernels on the device, in memory that must be free.
    counted = (train,) if device.platform == CPU else (train, evaluate.executable())
    return Program(
        structure=structure,
        device=device,
        train_chunk=_calls_one_by_one(train) if structure.is_one_step_a_call else train,
        evaluate_chunk=evaluate,
        program_bytes=max(map(_own_bytes, counted)),
        code_bytes=sum(map(_code_bytes, counted)),
        state_template=abstract.state,
        flops_per_step=_flops(train),
    )


@dataclass(frozen=True, slots=True)
class _AbstractArguments:
    """Shapes and types of everything the executables take, pinned to one device."""

    state: Any
    source: Any
    order: Any
    numbers: Any
    sums: Any
    scalar: Any


def _abstract_arguments(structure: ProgramStructure, device: jax.Device) -> _AbstractArguments:
    input_type = np.int32 if structure.has_tokens else np.float32
    rows, shapes = structure.rows_on_device, (structure.network.input_shape, *structure.more_input_shapes)
    first, *more = (abstract((rows, *shape), input_type) for shape in shapes)
    inputs = (first, *more) if more else first
    kinds = structure.target_kinds
    each = tuple(abstract((rows, *kind.shape), np.int32 if kind.has_labels else np.float32) for kind in kinds)
    targets = each if len(each) > 1 else each[0]
    numbers = _abstract_numbers(structure)
    return _AbstractArguments(
        state=pinned(_abstract_state(structure, numbers), device),
        source=pinned(Source(inputs, targets), device),
        order=pinned(abstract((structure.order_length,), np.int32), device),
        numbers=pinned(numbers, device),
        sums=pinned(zero_evaluation_sums(structure), device),
        scalar=pinned(abstract((), np.int32), device),
    )


def _abstract_numbers(structure: ProgramStructure) -> Numbers:
    scalar, whole = abstract((), np.float32), abstract((), np.int32)
    fields = dict.fromkeys(Numbers._fields, scalar)
    fields |= dict.fromkeys(("train_examples", "steps_per_epoch", "metric_interval_steps"), whole)
    fields["key_data"] = abstract((2,), np.uint32)
    fields["layers"] = jax.tree.map(lambda _: scalar, layer_numbers(structure.network))
    return Numbers(**fields)


def _abstract_state(structure: ProgramStructure, numbers: Numbers) -> TrainState:
    drawn = jax.tree.map(lambda leaf: abstract(leaf.shape, leaf.dtype), initial_weights(structure.network, seed=0))
    weights, statistics = drawn

    def start(learned: Any, given: Numbers) -> Any:
        return OPTIMIZERS[structure.optimizer].make(given.learning_rate, given).init(learned)

    with jax.numpy_dtype_promotion("standard"):
        optimizer = jax.eval_shape(start, weights, numbers)
    whole, sums = abstract((), np.int32), zero_sums(len(structure.part_names))
    averaged = weights if structure.is_averaged else ()
    return TrainState(weights, statistics, optimizer, whole, abstract((), np.float32), sums, sums, whole, averaged)


def _lower_train(structure: ProgramStructure, abstract: _AbstractArguments) -> Any:
    arguments = (abstract.state, abstract.source, abstract.order, abstract.numbers)
    if structure.is_one_step_a_call:
        return jax.jit(partial(train_one_step, structure), donate_argnums=0).lower(*arguments)
    return jax.jit(partial(train_chunk, structure), donate_argnums=0).lower(*arguments, abstract.scalar)


def compile_lowered(lowered: Any, device: jax.Device) -> Any:
    """Compile; on a CPU in fewer parts than XLA's 32, which take a small program a fifth more of the processor."""
    if device.platform != CPU:
        return lowered.compile()
    threads = int(os.environ.get("NPROC", "0")) or os.cpu_count() or 1
    return lowered.compile({"xla_cpu_parallel_codegen_split_count": CODE_PARTS_A_THREAD * threads})


def _calls_one_by_one(compiled: Any) -> TrainChunk:
    """Make a chunk of calls that are queued one behind the other and waited for once, by whoever reads the last."""

    def run(
        state: TrainState, source: Source, order: jax.Array, numbers: Numbers, steps: np.int32
    ) -> tuple[TrainState, jax.Array]:
        assert steps > 0, "a chunk has at least one step"
        state, packed = compiled(state, source, order, numbers)
        for _ in range(int(steps) - 1):
            state, packed = compiled(state, source, order, numbers)
        return state, packed

    return run


def _lower_evaluate(structure: ProgramStructure, abstract: _AbstractArguments) -> Any:
    function = jax.jit(partial(evaluate_chunk, structure))
    part = EvaluationRange(abstract.order, abstract.scalar, abstract.scalar, abstract.scalar)
    model = (abstract.state.weights, abstract.state.statistics)
    return function.lower(model, abstract.source, abstract.numbers, abstract.sums, part)


def compile_predict(program: Program) -> PredictBatch:
    """Trace and compile `steps.predict_batch` for a program's structure and device."""
    abstract = _abstract_arguments(program.structure, program.device)
    part = EvaluationRange(abstract.order, abstract.scalar, abstract.scalar, abstract.scalar)
    model = (abstract.state.weights, abstract.state.statistics)
    lowered = jax.jit(partial(predict_batch, program.structure)).lower(model, abstract.source, abstract.numbers, part)
    compiled: PredictBatch = compile_lowered(lowered, program.device)
    return compiled


def _own_bytes(compiled: Any) -> int:
    analysis = compiled.memory_analysis()
    if analysis is None:
        return 0
    fresh_output = max(analysis.output_size_in_bytes - analysis.alias_size_in_bytes, 0)
    return int(analysis.temp_size_in_bytes + analysis.generated_code_size_in_bytes + fresh_output)


def _code_bytes(compiled: Any) -> int:
    analysis = compiled.memory_analysis()
    return 0 if analysis is None else int(analysis.generated_code_size_in_bytes)


def _flops(compiled: Any) -> float:
    analysis = compiled.cost_analysis() or {}
    return max(float(analysis.get("flops", 0.0)), 0.0)
