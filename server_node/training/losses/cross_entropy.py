"""Cross-entropy between integer labels and the softmax of the outputs, computed together so that it cannot overflow."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.losses.label_values import mean_over_values


def cross_entropy(outputs: jax.Array, targets: jax.Array, label_smoothing: jax.Array) -> jax.Array:
    """Give −Σ q·log softmax(outputs), q the one-hot label mixed with the uniform distribution.

    Args:
        outputs: `(batch, …, classes)` before any softmax.
        targets: `(batch, …)` int32 labels; with a label for every token the loss is the mean over an example's tokens.
        label_smoothing: the share of the uniform distribution (Szegedy 2016).

    Returns:
        `(batch,)`.
    """
    classes = outputs.shape[-1]
    wanted = jax.nn.one_hot(targets, classes, dtype=outputs.dtype)
    smoothed = wanted * (1.0 - label_smoothing) + label_smoothing / classes
    losses = -jnp.sum(smoothed * jax.nn.log_softmax(outputs, axis=-1), axis=-1)
    return losses if losses.ndim == 1 else mean_over_values(losses)
