"""Normalisation by given numbers: `(x - mean) / std`, for all channels together or for each."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights
from shared.strict_values import reals_from


def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Keep the shape of the input."""
    mean, deviation = (_for_each_number(name, inputs[0], context) for name in ("mean", "std"))
    return (inputs[0] - mean) / deviation, {}


def _for_each_number(name: str, values: jax.Array, context: LayerContext) -> jax.Array:
    """Give the one number that holds for all channels, or as many as there are, in the rank of `values`."""
    written = context.parameters.get(name)
    if written is None:
        return context.numbers[name]
    numbers = reals_from(written)
    return jnp.asarray(numbers, values.dtype).reshape((1,) * (values.ndim - 1) + (len(numbers),))


NORMALIZE = Layer(init=no_weights, apply=apply, numbers=("mean", "std"))
