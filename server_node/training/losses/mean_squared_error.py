"""Mean squared error, the mean taken over an example's values."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.losses.label_values import mean_over_values, target_values


def mean_squared_error(outputs: jax.Array, targets: jax.Array, _label_smoothing: jax.Array) -> jax.Array:
    """Give the mean of (output − target)² for each example.

    Integer labels are compared as one-hot vectors, or as the number itself by a model with a single output.

    Args:
        outputs: `(batch, …)`.
        targets: the same shape in float32, or int32 labels.
        _label_smoothing: not used by this loss.

    Returns:
        `(batch,)`.
    """
    return mean_over_values(jnp.square(outputs - target_values(targets, outputs)))
