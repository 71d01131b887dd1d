"""Batch normalisation over the last axis (Ioffe and Szegedy 2015), honouring the mask of a partial batch.

`momentum` is the share of the new value in the running statistics. The running variance is the unbiased one, the
batch itself is normalised by the biased one.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.initial_values import ones, zeros
from server_node.training.layers.layer import Applied, Arrays, InitialArrays, Layer, LayerContext, Parameters
from shared.model_definition.graph import Shape


def init(_rng: np.random.Generator, _parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Start as the identity: scale and variance 1, bias and mean 0, each `(channels,)`."""
    channels = (input_shapes[0][-1],)
    return {"scale": ones(channels), "bias": zeros(channels)}, {"mean": zeros(channels), "variance": ones(channels)}


def apply(weights: Arrays, statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Keep the shape `(batch, …, channels)`; only training moves the statistics."""
    rows = inputs[0].reshape(-1, inputs[0].shape[-1])
    if context.is_training:
        mean, variance, statistics = _batch_statistics(rows, statistics, context, inputs[0].shape[0])
    else:
        mean, variance = statistics["mean"], statistics["variance"]
    factor = weights["scale"] * jax.lax.rsqrt(variance + context.numbers["epsilon"])
    outputs = (rows - mean[None, :]) * factor[None, :] + weights["bias"][None, :]
    return outputs.reshape(inputs[0].shape), statistics


def _batch_statistics(
    rows: jax.Array, statistics: Arrays, context: LayerContext, batch: int
) -> tuple[jax.Array, jax.Array, Arrays]:
    places = rows.shape[0] // batch
    mask = jnp.repeat(context.mask, places)[:, None]
    count = jnp.sum(mask)
    mean = jnp.sum(rows * mask, axis=0) / count
    variance = jnp.sum(jnp.square(rows - mean[None, :]) * mask, axis=0) / count
    unbiased = variance * (count / jnp.maximum(count - 1.0, 1.0))
    share = context.numbers["momentum"]
    running = {
        "mean": statistics["mean"] + share * (mean - statistics["mean"]),
        "variance": statistics["variance"] + share * (unbiased - statistics["variance"]),
    }
    return mean, variance, jax.lax.stop_gradient(running)


BATCH_NORM = Layer(init=init, apply=apply, numbers=("epsilon", "momentum"))
