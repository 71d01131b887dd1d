"""A draw from a Gaussian, written so that gradients reach its mean and its variance (Kingma and Welling 2014, §2.4).

Outside training it is the mean, so that evaluations and predictions are the same each time.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights


def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Map means and log variances `(batch, …)` to draws of the same shape; the noise follows from (seed, step)."""
    mean, log_variance = inputs
    if not context.is_training:
        return mean, {}
    noise = jax.random.normal(context.draw_key(), mean.shape, mean.dtype)
    return mean + jnp.exp(0.5 * log_variance) * noise, {}


GAUSSIAN_SAMPLE = Layer(init=no_weights, apply=apply)
