"""The learning-rate schedules, by name: each a formula of the step and the job's numbers, all of them traced.

The formulas are those of `shared.hyperparameters`: a linear rise over the warm-up in front of any schedule, whose own
steps count from the end of the rise; `warmup_cosine` and `one_cycle` are a cosine with a warm-up by default. optax has
these too, but checks its numbers in Python, where traced ones cannot go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp

from server_node.training.numbers import Numbers

Schedule = Callable[[jax.Array, Numbers], jax.Array]
"""`(steps since the warm-up's end, numbers)` to the rate; float32 scalars."""


def learning_rate_at(schedule: str, step: jax.Array, numbers: Numbers) -> jax.Array:
    """Give the rate of the update that follows `step` finished ones."""
    since_start = step.astype(jnp.float32)
    rising = numbers.learning_rate * (since_start + 1.0) / jnp.maximum(numbers.warmup_steps, 1.0)
    settled = SCHEDULES[schedule](jnp.maximum(since_start - numbers.warmup_steps, 0.0), numbers)
    return jnp.where(since_start < numbers.warmup_steps, rising, settled)


def constant(_step: jax.Array, numbers: Numbers) -> jax.Array:
    """Stay at the learning rate."""
    return numbers.learning_rate


def linear(step: jax.Array, numbers: Numbers) -> jax.Array:
    """Fall in a straight line to `end_learning_rate` over `decay_steps`."""
    return _between(numbers, 1.0 - _progress(step, numbers))


def cosine(step: jax.Array, numbers: Numbers) -> jax.Array:
    """Fall along half a cosine to `end_learning_rate` over `decay_steps` (Loshchilov and Hutter 2017)."""
    return _between(numbers, 0.5 * (1.0 + jnp.cos(jnp.pi * _progress(step, numbers))))


def exponential(step: jax.Array, numbers: Numbers) -> jax.Array:
    """Multiply by `decay_rate` every `decay_steps`, smoothly, never below `end_learning_rate`."""
    factor = numbers.decay_rate ** (step / numbers.decay_steps)
    return jnp.maximum(numbers.learning_rate * factor, numbers.end_learning_rate)


def stepwise(step: jax.Array, numbers: Numbers) -> jax.Array:
    """Multiply by `decay_rate` at every `decay_steps`-th step, never below `end_learning_rate`."""
    factor = numbers.decay_rate ** jnp.floor(step / numbers.decay_steps)
    return jnp.maximum(numbers.learning_rate * factor, numbers.end_learning_rate)


def _progress(step: jax.Array, numbers: Numbers) -> jax.Array:
    return jnp.minimum(step / numbers.decay_steps, 1.0)


def _between(numbers: Numbers, share: jax.Array) -> jax.Array:
    return numbers.end_learning_rate + (numbers.learning_rate - numbers.end_learning_rate) * share


SCHEDULES: Mapping[str, Schedule] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "warmup_cosine": cosine,
    "exponential": exponential,
    "step": stepwise,
    "one_cycle": cosine,
}
