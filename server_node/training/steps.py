"""The traced functions: one optimizer step, a chunk of them, and a chunk of evaluation.

How many steps a chunk holds is a run-time argument, or the number of calls of a one-step program, so results do not
depend on it: every chunk size runs the very same compiled body. Nothing here touches the host.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from server_node.training.data.augmentation import augmented
from server_node.training.evaluation_sums import EvaluationSums
from server_node.training.layers.layer import Arrays
from server_node.training.losses import LOSSES
from server_node.training.metrics.task import right_share
from server_node.training.models.network import Moment, apply_network
from server_node.training.numbers import Numbers
from server_node.training.program_structure import ProgramStructure
from server_node.training.schedules import learning_rate_at
from server_node.training.several_losses import add_to_families, said_of
from server_node.training.train_state import (
    NO_BAD_STEP,
    TrainState,
    add_to_sums,
    pack_readings,
    sums_unless,
)
from server_node.training.updates import averaged, updated


class Source(NamedTuple):
    """Examples on the device, all of a dataset or a window of them.

    Attributes:
        inputs: `(n, …)` float32, or int32 tokens; a tuple of such arrays where a dataset has several.
        targets: `(n,)` int32, `(n, length)` int32 or `(n, …)` float32; a tuple of such where a dataset has several.
    """

    inputs: Any
    targets: Any


class Batch(NamedTuple):
    """One batch; `mask` `(batch,)` float32 is 0 where an example only fills up the epoch's last batch."""

    inputs: Any
    targets: Any
    mask: jax.Array


class BatchOutcome(NamedTuple):
    """What examples say: the sum of their losses, of right answers, how many there were, what layers remember.

    `parts` is the sum of what else is told, `(parts,)`; None in programs that tell nothing more.
    """

    loss_sum: jax.Array
    correct: jax.Array
    examples: jax.Array
    statistics: tuple[Arrays, ...]
    parts: jax.Array | None = None


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
    if structure.batches_per_step == 1:
        batch = _take_batch(source, order, position, numbers.train_examples, structure.batch_size)
        gradients, outcome = _gradients(structure, state, batch, numbers)
    else:
        gradients, outcome = _gradients_of_batches(structure, state, source, order, numbers)
    rate = learning_rate_at(structure.schedule, state.step, numbers)
    weights, optimizer = updated(structure, state, gradients, rate, numbers)
    step = state.step + 1
    is_bad = ~jnp.isfinite(outcome.loss_sum) & (state.first_bad_step == NO_BAD_STEP)
    added = (outcome.loss_sum, outcome.correct, outcome.examples, outcome.parts)
    return TrainState(
        weights=weights,
        statistics=outcome.statistics,
        optimizer=optimizer,
        step=step,
        learning_rate=rate,
        epoch_sums=add_to_sums(state.epoch_sums, *added),
        interval_sums=add_to_sums(state.interval_sums, *added),
        first_bad_step=jnp.where(is_bad, step, state.first_bad_step),
        averaged=averaged(structure, state, weights, numbers),
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
    inputs = jax.tree.map(lambda array: array.at[indices].get(mode="promise_in_bounds"), source.inputs)
    targets = jax.tree.map(lambda array: array.at[indices].get(mode="promise_in_bounds"), source.targets)
    return Batch(inputs, targets, is_real.astype(jnp.float32))


def _gradients(
    structure: ProgramStructure, state: TrainState, batch: Batch, numbers: Numbers
) -> tuple[tuple[Arrays, ...], BatchOutcome]:
    key = _step_key(state.step, numbers)
    batch = _augmented(structure, batch, key, numbers)
    moment = _training_moment(structure, batch, key)

    def mean_loss(weights: tuple[Arrays, ...]) -> tuple[jax.Array, BatchOutcome]:
        outcome = _outcome(structure, weights, state.statistics, batch, numbers, moment)
        return outcome.loss_sum / jnp.maximum(jnp.sum(batch.mask), 1.0), outcome

    found: tuple[tuple[Arrays, ...], BatchOutcome] = jax.grad(mean_loss, has_aux=True)(state.weights)
    return found


def _gradients_of_batches(
    structure: ProgramStructure, state: TrainState, source: Source, order: jax.Array, numbers: Numbers
) -> tuple[tuple[Arrays, ...], BatchOutcome]:
    """Add up what the step's batches say, one after the other: the gradient of their mean loss, taken together.

    The last step of an epoch has the batches that are left.
    """
    first = state.step % numbers.steps_per_epoch * structure.batches_per_step
    batches_of_epoch = (numbers.train_examples + structure.batch_size - 1) // structure.batch_size
    last = jnp.minimum(first + structure.batches_per_step, batches_of_epoch)
    key = _step_key(state.step, numbers)

    def add_batch(index: jax.Array, running: tuple[tuple[Arrays, ...], BatchOutcome]) -> Any:
        so_far, outcome = running
        batch = _take_batch(source, order, index, numbers.train_examples, structure.batch_size)
        key_of_batch = jax.random.fold_in(key, index - first)
        batch = _augmented(structure, batch, key_of_batch, numbers)
        moment = _training_moment(structure, batch, key_of_batch)

        def summed_loss(weights: tuple[Arrays, ...]) -> tuple[jax.Array, BatchOutcome]:
            found = _outcome(structure, weights, outcome.statistics, batch, numbers, moment)
            return found.loss_sum, found

        gradients, found = jax.grad(summed_loss, has_aux=True)(state.weights)
        return jax.tree.map(jnp.add, so_far, gradients), _joined(outcome, found)

    parts = jnp.zeros(len(structure.part_names), jnp.float32) if structure.part_names else None
    nothing = BatchOutcome(jnp.float32(0), jnp.float32(0), jnp.int32(0), state.statistics, parts)
    zeros = jax.tree.map(jnp.zeros_like, state.weights)
    gradients, outcome = jax.lax.fori_loop(first, last, add_batch, (zeros, nothing))
    examples = jnp.maximum(outcome.examples, 1).astype(jnp.float32)
    return jax.tree.map(lambda gradient: gradient / examples, gradients), outcome


def _joined(earlier: BatchOutcome, later: BatchOutcome) -> BatchOutcome:
    return BatchOutcome(
        earlier.loss_sum + later.loss_sum,
        earlier.correct + later.correct,
        earlier.examples + later.examples,
        later.statistics,
        jax.tree.map(jnp.add, earlier.parts, later.parts),
    )


def _augmented(structure: ProgramStructure, batch: Batch, key: jax.Array, numbers: Numbers) -> Batch:
    if not structure.augmentations:
        return batch
    changes, noise = structure.augmentations, numbers.augment_noise
    return Batch(*augmented(changes, batch.inputs, batch.targets, key, noise), batch.mask)


def _training_moment(structure: ProgramStructure, batch: Batch, key: jax.Array) -> Moment:
    return Moment(
        is_training=True,
        mask=batch.mask,
        key=key,
        formulation=structure.formulation_in_step,
        precision=structure.precision,
    )


def _outcome(
    structure: ProgramStructure,
    weights: tuple[Arrays, ...],
    statistics: tuple[Arrays, ...],
    batch: Batch,
    numbers: Numbers,
    moment: Moment,
) -> BatchOutcome:
    outputs, new_statistics = _outputs(structure, weights, statistics, batch, numbers, moment)
    return _judged(structure, outputs, batch, numbers, new_statistics)


def _outputs(
    structure: ProgramStructure,
    weights: tuple[Arrays, ...],
    statistics: tuple[Arrays, ...],
    batch: Batch,
    numbers: Numbers,
    moment: Moment,
) -> tuple[Any, tuple[Arrays, ...]]:
    outputs, new_statistics = apply_network(
        structure.network, weights, statistics, numbers.layers, batch.inputs, moment
    )
    return jax.tree.map(lambda output: output.astype(jnp.float32), outputs), new_statistics


def _judged(
    structure: ProgramStructure, outputs: Any, batch: Batch, numbers: Numbers, statistics: tuple[Arrays, ...]
) -> BatchOutcome:
    if structure.ends is not None:
        given = outputs if isinstance(outputs, tuple) else (outputs,)
        said = said_of(structure, given, batch.targets, batch.mask, numbers)
        examples = jnp.sum(batch.mask > 0, dtype=jnp.int32)
        return BatchOutcome(said.loss, said.correct, examples, statistics, said.parts)
    losses = LOSSES[structure.loss](outputs, batch.targets, numbers.label_smoothing)
    is_real = batch.mask > 0
    shares = right_share(structure.task, structure.loss, outputs, batch.targets)
    return BatchOutcome(
        loss_sum=jnp.sum(jnp.where(is_real, losses, 0.0)),
        correct=jnp.sum(jnp.where(is_real, shares, 0.0)),
        examples=jnp.sum(is_real, dtype=jnp.int32),
        statistics=statistics,
    )


def _step_key(step: jax.Array, numbers: Numbers) -> jax.Array:
    return jax.random.fold_in(jax.random.wrap_key_data(numbers.key_data), step)


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
    sums: EvaluationSums,
    part: EvaluationRange,
) -> EvaluationSums:
    """Add what some batches say to the sums; weights and statistics stay as they are."""

    def body(index: jax.Array, running: EvaluationSums) -> EvaluationSums:
        batch = _take_batch(source, part.order, index, part.examples, structure.batch_size)
        outputs = _evaluated(structure, state, batch, numbers)
        found = _judged(structure, outputs, batch, numbers, ())
        basic = add_to_sums(running.basic, found.loss_sum, found.correct, found.examples, found.parts)
        families = add_to_families(structure, running.families, outputs, batch.targets, batch.mask > 0)
        return EvaluationSums(basic, families)

    total: EvaluationSums = jax.lax.fori_loop(part.first_batch, part.first_batch + part.batches, body, sums)
    return total


def predict_batch(
    structure: ProgramStructure,
    state: tuple[tuple[Arrays, ...], tuple[Arrays, ...]],
    source: Source,
    numbers: Numbers,
    part: EvaluationRange,
) -> Any:
    """Give the outputs of one batch, `(batch, …)` float32; rows past the last example mean nothing.

    A tuple of such where the model gives several.
    """
    batch = _take_batch(source, part.order, part.first_batch, part.examples, structure.batch_size)
    outputs = _evaluated(structure, state, batch, numbers)
    if not isinstance(outputs, tuple):
        return outputs
    given = outputs[: structure.network.output_count]
    return given if len(given) > 1 else given[0]


def _evaluated(
    structure: ProgramStructure, state: tuple[tuple[Arrays, ...], tuple[Arrays, ...]], batch: Batch, numbers: Numbers
) -> Any:
    weights, statistics = state
    moment = Moment(
        is_training=False,
        mask=batch.mask,
        key=None,
        formulation=structure.formulation_in_loops,
        precision=structure.precision,
    )
    return _outputs(structure, weights, statistics, batch, numbers, moment)[0]
