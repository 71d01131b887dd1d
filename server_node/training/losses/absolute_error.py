"""Losses that grow in proportion to the error: the absolute one, and its smooth twin."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.losses.label_values import mean_over_values, target_values


def absolute_error(outputs: jax.Array, targets: jax.Array, _label_smoothing: jax.Array) -> jax.Array:
    """Give the mean of |output − target| for each example, `(batch,)`; targets as for the squared error."""
    return mean_over_values(jnp.abs(outputs - target_values(targets, outputs)))


def huber(outputs: jax.Array, targets: jax.Array, _label_smoothing: jax.Array) -> jax.Array:
    """Give the mean of e²/2 where the error is at most 1, of |e| − ½ beyond (Huber 1964, with a threshold of 1).

    The smooth L1 loss with its usual threshold is the same formula.
    """
    distance = jnp.abs(outputs - target_values(targets, outputs))
    return mean_over_values(jnp.where(distance <= 1.0, 0.5 * jnp.square(distance), distance - 0.5))
