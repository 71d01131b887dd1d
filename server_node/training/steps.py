"""The traced functions: one optimizer step, a chunk of them, and a chunk of evaluation.

How many steps a chunk holds is a run-time argument, or the number of calls of a one-step program, so results do not
depend on it: every chunk size runs the very same compiled body. Nothing here touches the host.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from server_node.training.gradient_changes import clipped, decayed
from server_node.training.layers.layer import Arrays
from server_node.training.losses import LOSSES
from server_node.training.models.network import Moment, apply_network
from server_node.training.numbers import Numbers
from server_node.training.optimizers import OPTIMIZERS
from server_node.training.program_structure import ProgramStructure
from server_node.training.schedules import learning_rate_at
from server_node.training.train_state import (
    NO_BAD_STEP,
    MetricSums,
    TrainState,
    add_to_sums,
    pack_readings,
    sums_unless,
)


class Source(NamedTuple):
    """All examples of a dataset, on the device: inputs `(n, …)` float32, targets `(n,)` int32 or `(n, …)` float32."""

    inputs: jax.Array
    targets: jax.Array


class Batch(NamedTuple):
    """One batch; `mask` `(batch,)` float32 is 0 where an example only fills up the epoch's last batch."""

    inputs: jax.Array
    targets: jax.Array
    mask: jax.Array


class BatchOutcome(NamedTuple):
    """What one batch says: the sum of its losses, how many were right, how many there were, what layers remember."""

    loss_sum: jax.Array
    correct: jax.Array
    examples: jax.Array
    statistics: tuple[Arrays, ...]


def train_chunk(
    structure: ProgramStructure, state: TrainState, source: Source, order: jax.Array, numbers: Numbers, steps: jax.Array
) -> tuple[TrainState, jax.Array]:
    """Run `steps` optimizer steps of one epoch, fewer when a loss is no finite number; give the packed readings too.

    Args:
        structure: what shapes the program.
        state: donated.
        source: all examples.
        order: `(whole batches,)` int32, the epoch's examples by index, filled up with zeros.
        numbers: the job's numbers.
        steps: int32; the caller keeps chunks inside an epoch.
    """
    last = state.step + steps

    def goes_on(running: TrainState) -> jax.Array:
        return (running.step < last) & (running.first_bad_step == NO_BAD_STEP)

    def body(running: TrainState) -> TrainState:
        return _train_step(structure, running, source, order, numbers)

    state = jax.lax.while_loop(goes_on, body, state)
    return state, pack_readings(state)


def train_one_step(
    structure: ProgramStructure, state: TrainState, source: Source, order: jax.Array, numbers: Numbers
) -> tuple[TrainState, jax.Array]:
    """Run one step, without a loop around it; see `train_chunk`."""
    state = _train_step(structure, state, source, order, numbers)
    return state, pack_readings(state)


def _train_step(
    structure: ProgramStructure, state: TrainState, source: Source, order: jax.Array, numbers: Numbers
) -> TrainState:
    state = _with_rows_closed(state, numbers)
    position = state.step % numbers.steps_per_epoch
    batch = _take_batch(source, order, position, numbers.train_examples, structure.batch_size)
    gradients, outcome = _gradients(structure, state, batch, numbers)
    rate = learning_rate_at(structure.schedule, state.step, numbers)
    weights, optimizer = _updated(structure, state, gradients, rate, numbers)
    step = state.step + 1
    is_bad = ~jnp.isfinite(outcome.loss_sum) & (state.first_bad_step == NO_BAD_STEP)
    added = (outcome.loss_sum, outcome.correct, outcome.examples)
    return TrainState(
        weights=weights,
        statistics=outcome.statistics,
        optimizer=optimizer,
        step=step,
        learning_rate=rate,
        epoch_sums=add_to_sums(state.epoch_sums, *added),
        interval_sums=add_to_sums(state.interval_sums, *added),
        first_bad_step=jnp.where(is_bad, step, state.first_bad_step),
    )


def _with_rows_closed(state: TrainState, numbers: Numbers) -> TrainState:
    """Start sums anew when the last step ended a metric row: a function of the step alone, not of chunks."""
    is_epoch_start = state.step % numbers.steps_per_epoch == 0
    interval = numbers.metric_interval_steps
    is_interval_start = (interval > 0) & (state.step % jnp.maximum(interval, 1) == 0)
    return state._replace(
        epoch_sums=sums_unless(is_epoch_start, state.epoch_sums),
        interval_sums=sums_unless(is_epoch_start | is_interval_start, state.interval_sums),
    )


def _take_batch(source: Source, order: jax.Array, position: jax.Array, examples: jax.Array, batch_size: int) -> Batch:
    start = position * batch_size
    indices = jax.lax.dynamic_slice(order, (start,), (batch_size,))
    is_real = start + jnp.arange(batch_size, dtype=jnp.int32) < examples
    inputs = source.inputs.at[indices].get(mode="promise_in_bounds")
    targets = source.targets.at[indices].get(mode="promise_in_bounds")
    return Batch(inputs, targets, is_real.astype(jnp.float32))


def _gradients(
    structure: ProgramStructure, state: TrainState, batch: Batch, numbers: Numbers
) -> tuple[tuple[Arrays, ...], BatchOutcome]:
    moment = Moment(
        is_training=True, mask=batch.mask, key=_step_key(state.step, numbers), formulation=structure.formulation
    )

    def mean_loss(weights: tuple[Arrays, ...]) -> tuple[jax.Array, BatchOutcome]:
        outcome = _outcome(structure, weights, state.statistics, batch, numbers, moment)
        return outcome.loss_sum / jnp.maximum(jnp.sum(batch.mask), 1.0), outcome

    found: tuple[tuple[Arrays, ...], BatchOutcome] = jax.grad(mean_loss, has_aux=True)(state.weights)
    return found


def _outcome(
    structure: ProgramStructure,
    weights: tuple[Arrays, ...],
    statistics: tuple[Arrays, ...],
    batch: Batch,
    numbers: Numbers,
    moment: Moment,
) -> BatchOutcome:
    outputs, new_statistics = apply_network(
        structure.network, weights, statistics, numbers.layers, batch.inputs, moment
    )
    losses = LOSSES[structure.loss](outputs, batch.targets, numbers.label_smoothing)
    is_real = batch.mask > 0
    return BatchOutcome(
        loss_sum=jnp.sum(jnp.where(is_real, losses, 0.0)),
        correct=_count_correct(structure, outputs, batch.targets, is_real),
        examples=jnp.sum(is_real, dtype=jnp.int32),
        statistics=new_statistics,
    )


def _count_correct(
    structure: ProgramStructure, outputs: jax.Array, targets: jax.Array, is_real: jax.Array
) -> jax.Array:
    if not structure.has_accuracy:
        return jnp.zeros((), jnp.int32)
    is_right = jnp.argmax(outputs, axis=-1).astype(jnp.int32) == targets
    return jnp.sum(is_right & is_real, dtype=jnp.int32)


def _step_key(step: jax.Array, numbers: Numbers) -> jax.Array:
    return jax.random.fold_in(jax.random.wrap_key_data(numbers.key_data), step)


def _updated(
    structure: ProgramStructure, state: TrainState, gradients: tuple[Arrays, ...], rate: jax.Array, numbers: Numbers
) -> tuple[tuple[Arrays, ...], optax.OptState]:
    chosen = OPTIMIZERS[structure.optimizer]
    # optax mixes integers and floats in its bias correction
    with jax.numpy_dtype_promotion("standard"):
        if structure.clips_gradients:
            gradients = clipped(gradients, numbers.gradient_clip_norm)
        if chosen.decays_gradient:
            gradients = decayed(gradients, state.weights, numbers.weight_decay)
        updates, optimizer = chosen.make(rate, numbers).update(gradients, state.optimizer, state.weights)
        return optax.apply_updates(state.weights, updates), optimizer


class EvaluationRange(NamedTuple):
    """Which examples to evaluate: an order of indices, how many of them are real, the first batch, how many batches."""

    order: jax.Array
    examples: jax.Array
    first_batch: jax.Array
    batches: jax.Array


def evaluate_chunk(
    structure: ProgramStructure,
    state: tuple[tuple[Arrays, ...], tuple[Arrays, ...]],
    source: Source,
    numbers: Numbers,
    sums: MetricSums,
    part: EvaluationRange,
) -> MetricSums:
    """Add the losses of some batches to the sums; weights and statistics stay as they are."""
    weights, statistics = state

    def body(index: jax.Array, running: MetricSums) -> MetricSums:
        batch = _take_batch(source, part.order, index, part.examples, structure.batch_size)
        moment = Moment(is_training=False, mask=batch.mask, key=None, formulation=structure.formulation_in_loops)
        outcome = _outcome(structure, weights, statistics, batch, numbers, moment)
        return add_to_sums(running, outcome.loss_sum, outcome.correct, outcome.examples)

    total: MetricSums = jax.lax.fori_loop(part.first_batch, part.first_batch + part.batches, body, sums)
    return total
