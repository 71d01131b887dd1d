"""Mean squared error, the mean taken over an example's values."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def mean_squared_error(outputs: jax.Array, targets: jax.Array, _label_smoothing: jax.Array) -> jax.Array:
    """Give the mean of (output − target)² for each example.

    Integer labels are compared as one-hot vectors, or as the number itself by a model with a single output.

    Args:
        outputs: `(batch, …)`.
        targets: the same shape in float32, or `(batch,)` int32 labels.
        _label_smoothing: not used by this loss.

    Returns:
        `(batch,)`.
    """
    if jnp.issubdtype(targets.dtype, jnp.integer):
        targets = _labels_as_values(targets, outputs)
    errors = jnp.square(outputs - targets)
    return jnp.mean(errors.reshape(errors.shape[0], -1), axis=-1)


def _labels_as_values(labels: jax.Array, outputs: jax.Array) -> jax.Array:
    if outputs.shape[-1] == 1:
        return labels[:, None].astype(outputs.dtype)
    return jax.nn.one_hot(labels, outputs.shape[-1], dtype=outputs.dtype)
