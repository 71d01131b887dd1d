"""Compiling ahead of time: from a program's structure, on shapes alone, to the executables for one device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import SingleDeviceSharding

from server_node.training.layers.layer import Arrays, HostArrays
from server_node.training.models.network import initial_weights, layer_numbers
from server_node.training.numbers import Numbers
from server_node.training.program_structure import ProgramStructure
from server_node.training.steps import EvaluationRange, Source, evaluate_chunk, make_optimizer, train_chunk
from server_node.training.train_state import MetricSums, TrainState, zero_sums

TrainChunk = Callable[[TrainState, Source, jax.Array, Numbers, np.int32], tuple[TrainState, jax.Array]]
EvaluateChunk = Callable[
    [tuple[tuple[Arrays, ...], tuple[Arrays, ...]], Source, Numbers, MetricSums, EvaluationRange], MetricSums
]


@dataclass(frozen=True, slots=True)
class Program:
    """The executables of one structure on one device, and what the compiler says about them.

    Attributes:
        structure: what they were compiled for.
        device: where they run.
        train_chunk: see `steps.train_chunk`; donates the state.
        evaluate_chunk: see `steps.evaluate_chunk`.
        program_bytes: code and temporary memory at its largest, beyond arguments.
        code_bytes: the code alone.
        state_template: the state as shapes and types.
        flops_per_step: by the compiler's own count; 0 where it gives none.
    """

    structure: ProgramStructure
    device: jax.Device
    train_chunk: TrainChunk
    evaluate_chunk: EvaluateChunk
    program_bytes: int
    code_bytes: int
    state_template: TrainState
    flops_per_step: float


def compile_program(structure: ProgramStructure, device: jax.Device) -> Program:
    """Trace and compile; needs no data and takes from tens of milliseconds to many seconds."""
    abstract = _AbstractArguments.of(structure, device)
    train = _compile_train(structure, abstract)
    evaluate = _compile_evaluate(structure, abstract)
    return Program(
        structure=structure,
        device=device,
        train_chunk=train,
        evaluate_chunk=evaluate,
        program_bytes=max(_own_bytes(train), _own_bytes(evaluate)),
        code_bytes=_code_bytes(train) + _code_bytes(evaluate),
        state_template=abstract.state,
        flops_per_step=_flops(train),
    )


@dataclass(frozen=True, slots=True)
class _AbstractArguments:
    """Shapes and types of everything the executables take, pinned to one device."""

    state: TrainState
    source: Source
    order: Any
    numbers: Numbers
    scalar: Any

    @classmethod
    def of(cls, structure: ProgramStructure, device: jax.Device) -> _AbstractArguments:
        pinned = partial(_pinned, sharding=SingleDeviceSharding(device))
        network = structure.network
        weights, statistics = initial_weights(network, seed=0)
        numbers = _abstract_numbers(structure)
        targets = (structure.examples, *structure.target_shape)
        source = Source(
            inputs=jax.ShapeDtypeStruct((structure.examples, *network.input_shape), jnp.float32),
            targets=jax.ShapeDtypeStruct(targets, jnp.int32 if structure.has_labels else jnp.float32),
        )
        state = _abstract_state(structure, weights, statistics, numbers)
        return cls(
            state=pinned(state),
            source=pinned(source),
            order=pinned(jax.ShapeDtypeStruct((structure.order_length,), jnp.int32)),
            numbers=pinned(numbers),
            scalar=pinned(jax.ShapeDtypeStruct((), jnp.int32)),
        )


def _pinned(tree: Any, sharding: SingleDeviceSharding) -> Any:
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), tree)


def _abstract_numbers(structure: ProgramStructure) -> Numbers:
    scalar = jax.ShapeDtypeStruct((), jnp.float32)
    whole = jax.ShapeDtypeStruct((), jnp.int32)
    fields: dict[str, Any] = dict.fromkeys(Numbers._fields, scalar)
    fields |= dict.fromkeys(("train_examples", "steps_per_epoch", "metric_interval_steps"), whole)
    fields |= {
        "key_data": jax.ShapeDtypeStruct((2,), jnp.uint32),
        "layers": jax.tree.map(lambda _: scalar, layer_numbers(structure.network)),
    }
    return Numbers(**fields)


def _abstract_state(
    structure: ProgramStructure,
    weights: tuple[HostArrays, ...],
    statistics: tuple[HostArrays, ...],
    numbers: Numbers,
) -> TrainState:
    def start(given: Numbers) -> Any:
        return make_optimizer(structure, given.learning_rate, given).init(weights)

    with jax.numpy_dtype_promotion("standard"):
        optimizer = jax.eval_shape(start, numbers)
    whole = jax.ShapeDtypeStruct((), jnp.int32)
    sums = zero_sums()
    return TrainState(weights, statistics, optimizer, whole, sums, sums, whole)  # type: ignore[arg-type]  # shapes


def _compile_train(structure: ProgramStructure, abstract: _AbstractArguments) -> Any:
    function = jax.jit(partial(train_chunk, structure), donate_argnums=0)
    arguments = (abstract.state, abstract.source, abstract.order, abstract.numbers, abstract.scalar)
    return function.lower(*arguments).compile()


def _compile_evaluate(structure: ProgramStructure, abstract: _AbstractArguments) -> Any:
    function = jax.jit(partial(evaluate_chunk, structure))
    part = EvaluationRange(abstract.order, abstract.scalar, abstract.scalar, abstract.scalar)
    model = (abstract.state.weights, abstract.state.statistics)
    return function.lower(model, abstract.source, abstract.numbers, abstract.state.epoch_sums, part).compile()


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
