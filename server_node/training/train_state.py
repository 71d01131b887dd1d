"""What training carries from step to step, as one tree of device arrays, and what is read of it once a chunk.

The state is donated to each chunk, so whoever wants to keep one copies it first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from server_node.training.layers.layer import Arrays

NO_BAD_STEP = 0


class MetricSums(NamedTuple):
    """Sums over examples since a metric row, added step by step in a fixed order.

    Attributes:
        loss: float32 sum of the examples' losses.
        loss_rest: float32, what rounding took from `loss` so far (Kahan 1965).
        correct: float32 sum of the examples' shares of right answers; stays 0 for regression.
        correct_rest: float32, the same as `loss_rest`.
        examples: int32.
        parts: the sums of what a program tells beside the loss, `(parts,)` float32, and what rounding took from them;
            empty in programs that tell nothing more.
    """

    loss: jax.Array
    loss_rest: jax.Array
    correct: jax.Array
    correct_rest: jax.Array
    examples: jax.Array
    parts: tuple[jax.Array, ...] = ()


class TrainState(NamedTuple):
    """Everything that the next step depends on.

    Attributes:
        weights: for each layer by position, its arrays by name.
        statistics: the same, for what is not learned by gradient.
        optimizer: optax's state.
        step: int32, finished steps.
        learning_rate: float32, of the last finished step.
        epoch_sums: since the epoch began.
        interval_sums: since the last metric row of any kind.
        first_bad_step: int32, the first step whose loss was no finite number, counted from 1; 0 while there is none.
        averaged: the average of the weights after every step, like `weights`; `()` in programs that keep none.
    """

    weights: tuple[Arrays, ...]
    statistics: tuple[Arrays, ...]
    optimizer: Any  # optax types its states as trees of anything
    step: jax.Array
    learning_rate: jax.Array
    epoch_sums: MetricSums
    interval_sums: MetricSums
    first_bad_step: jax.Array
    averaged: tuple[Arrays, ...]

    @property
    def judged_weights(self) -> tuple[Arrays, ...]:
        """The weights that are evaluated and given: the average where there is one."""
        return self.averaged or self.weights


def zero_sums(parts: int = 0) -> MetricSums:
    """Give sums over no examples, as host arrays."""
    zero, vector = np.float32(0), np.zeros(parts, np.float32)
    return MetricSums(zero, zero, zero, zero, np.int32(0), (vector, vector) if parts else ())  # type: ignore[arg-type]  # host twins


def add_to_sums(
    sums: MetricSums, loss: jax.Array, correct: jax.Array, examples: jax.Array, parts: jax.Array | None = None
) -> MetricSums:
    """Add one batch's sums, keeping what rounding takes away."""
    loss_total, loss_rest = _added(sums.loss, sums.loss_rest, loss)
    correct_total, correct_rest = _added(sums.correct, sums.correct_rest, correct)
    added = () if parts is None else _added(sums.parts[0], sums.parts[1], parts)
    return MetricSums(loss_total, loss_rest, correct_total, correct_rest, sums.examples + examples, added)


def _added(total: jax.Array, rest: jax.Array, value: jax.Array) -> tuple[jax.Array, jax.Array]:
    corrected = value - rest
    larger = total + corrected
    return larger, (larger - total) - corrected


def sums_unless(is_new: jax.Array, sums: MetricSums) -> MetricSums:
    """Give zeros where `is_new`, else the sums."""
    emptied: MetricSums = jax.tree.map(lambda value: jnp.where(is_new, jnp.zeros_like(value), value), sums)
    return emptied


class Readings(NamedTuple):
    """What the host reads once a chunk, in one transfer.

    Attributes:
        step: finished steps.
        first_bad_step: 0 while every loss was finite.
        learning_rate: of the last finished step.
        epoch_loss: mean since the epoch began.
        epoch_accuracy: the same, as a share of 1.
        interval_loss: mean since the last metric row.
        interval_accuracy: the same, as a share of 1.
        epoch_parts: means of what else is told, since the epoch began.
        interval_parts: the same since the last metric row.
    """

    step: int
    first_bad_step: int
    learning_rate: float
    epoch_loss: float
    epoch_accuracy: float
    interval_loss: float
    interval_accuracy: float
    epoch_parts: tuple[float, ...] = ()
    interval_parts: tuple[float, ...] = ()


def pack_readings(state: TrainState) -> jax.Array:
    """Lay the readings of a state side by side as int32 bits, so that one transfer carries them."""
    epoch, interval = state.epoch_sums, state.interval_sums
    floats = jnp.stack([state.learning_rate, epoch.loss, epoch.correct, interval.loss, interval.correct])
    if epoch.parts:
        floats = jnp.concatenate([floats, epoch.parts[0], interval.parts[0]])
    bits = jax.lax.bitcast_convert_type(floats, jnp.int32)
    integers = jnp.stack([state.step, state.first_bad_step, epoch.examples, interval.examples])
    return jnp.concatenate([integers, bits])


def unpack_readings(packed: jax.Array) -> Readings:
    """Wait for a chunk to finish and read what it left."""
    integers: npt.NDArray[np.int32] = np.asarray(packed)
    step, bad, epoch_examples, interval_examples = integers[:4].tolist()
    rate, epoch_loss, epoch_correct, interval_loss, interval_correct, *parts = integers[4:].view(np.float32)
    count = len(parts) // 2
    return Readings(
        step=step,
        first_bad_step=bad,
        learning_rate=float(str(rate)),  # the shortest decimal: 0.001, not 0.0010000000475
        epoch_loss=float(epoch_loss) / max(epoch_examples, 1),
        epoch_accuracy=float(epoch_correct) / max(epoch_examples, 1),
        interval_loss=float(interval_loss) / max(interval_examples, 1),
        interval_accuracy=float(interval_correct) / max(interval_examples, 1),
        epoch_parts=tuple(float(part) / max(epoch_examples, 1) for part in parts[:count]),
        interval_parts=tuple(float(part) / max(interval_examples, 1) for part in parts[count:]),
    )


def read_state(state: TrainState) -> Readings:
    """Read where a state stands without running anything; several transfers, for rare moments."""
    step, bad, rate, epoch, interval = jax.device_get(
        (state.step, state.first_bad_step, state.learning_rate, state.epoch_sums, state.interval_sums)
    )
    integers = np.array([step, bad, epoch.examples, interval.examples], np.int32)
    parts = [*epoch.parts[0], *interval.parts[0]] if epoch.parts else []
    floats = np.array([rate, epoch.loss, epoch.correct, interval.loss, interval.correct, *parts], np.float32)
    return unpack_readings(np.concatenate([integers, floats.view(np.int32)]))  # type: ignore[arg-type]  # host twin
