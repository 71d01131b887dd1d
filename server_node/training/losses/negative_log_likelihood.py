"""The negative log-likelihood of integer labels, the outputs being log-probabilities already."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.losses.label_values import mean_over_values


def negative_log_likelihood(outputs: jax.Array, targets: jax.Array, _label_smoothing: jax.Array) -> jax.Array:
    """Give minus the output that belongs to the label.

    Args:
        outputs: `(batch, …, classes)` log-probabilities.
        targets: `(batch, …)` int32 labels; with a label for every token the loss is the mean over an example's tokens.
        _label_smoothing: not used by this loss.

    Returns:
        `(batch,)`.
    """
    picked = -jnp.sum(jax.nn.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype) * outputs, axis=-1)
    return picked if picked.ndim == 1 else mean_over_values(picked)
