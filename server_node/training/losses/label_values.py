"""Integer labels as the real numbers that a loss on values compares with: one-hot, or the number itself."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def target_values(targets: jax.Array, outputs: jax.Array) -> jax.Array:
    """Give targets with the shape and type of the outputs.

    Args:
        targets: the same shape in float32, or int32 labels without the last axis.
        outputs: `(batch, …)`; with a last axis of one number, a label is compared as the number itself.
    """
    if not jnp.issubdtype(targets.dtype, jnp.integer):
        return targets
    if outputs.shape[-1] == 1:
        return targets[..., None].astype(outputs.dtype)
    return jax.nn.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype)


def mean_over_values(losses: jax.Array) -> jax.Array:
    """Give the mean over everything but the first axis: `(batch, …)` to `(batch,)`."""
    return jnp.mean(losses.reshape(losses.shape[0], -1), axis=-1)
