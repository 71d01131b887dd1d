"""Cross-entropy between integer labels and the softmax of the outputs, computed together so that it cannot overflow."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def cross_entropy(outputs: jax.Array, targets: jax.Array, label_smoothing: jax.Array) -> jax.Array:
    """Give −Σ q·log softmax(outputs), q the one-hot label mixed with the uniform distribution.

    Args:
        outputs: `(batch, classes)` before any softmax.
        targets: `(batch,)` int32 labels.
        label_smoothing: the share of the uniform distribution (Szegedy 2016).

    Returns:
        `(batch,)`.
    """
    classes = outputs.shape[-1]
    wanted = jax.nn.one_hot(targets, classes, dtype=outputs.dtype)
    smoothed = wanted * (1.0 - label_smoothing) + label_smoothing / classes
    return -jnp.sum(smoothed * jax.nn.log_softmax(outputs, axis=-1), axis=-1)
