"""Binary cross-entropy, for one yes or no or for many at once: on probabilities, and on what a sigmoid would take."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.losses.label_values import mean_over_values, target_values

NEAREST_TO_CERTAIN = 1e-7
"""Probabilities are kept so far from 0 and 1, or a single certain mistake would be infinitely bad."""


def binary_cross_entropy(outputs: jax.Array, targets: jax.Array, _label_smoothing: jax.Array) -> jax.Array:
    """Give the mean of −t·log p − (1 − t)·log(1 − p) for each example, outputs being probabilities.

    Args:
        outputs: `(batch, …)` from 0 to 1.
        targets: the same shape in float32 from 0 to 1, or int32 labels.
        _label_smoothing: not used by this loss.

    Returns:
        `(batch,)`.
    """
    wanted = target_values(targets, outputs)
    likely = jnp.clip(outputs, NEAREST_TO_CERTAIN, 1.0 - NEAREST_TO_CERTAIN)
    return mean_over_values(-wanted * jnp.log(likely) - (1.0 - wanted) * jnp.log1p(-likely))


def binary_cross_entropy_with_logits(outputs: jax.Array, targets: jax.Array, _label_smoothing: jax.Array) -> jax.Array:
    """Give the same with the sigmoid inside, where it cannot overflow; outputs are any real numbers."""
    wanted = target_values(targets, outputs)
    return mean_over_values(-wanted * jax.nn.log_sigmoid(outputs) - (1.0 - wanted) * jax.nn.log_sigmoid(-outputs))
