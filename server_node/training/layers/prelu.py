"""PReLU: values below zero are scaled by a learned slope, one a channel (He et al. 2015)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.layer import Applied, Arrays, InitialArrays, Layer, LayerContext, Parameters
from shared.model_definition.graph import Shape

INITIAL_SLOPE = 0.25


def init(_rng: np.random.Generator, _parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Start every slope `(channels,)` at a quarter."""
    return {"slope": np.full((input_shapes[0][-1],), INITIAL_SLOPE, np.float32)}, {}


def apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext) -> Applied:
    """Keep the shape `(batch, …, channels)`."""
    rows = inputs[0].reshape(-1, inputs[0].shape[-1])
    outputs = jnp.where(rows >= 0, rows, rows * weights["slope"][None, :])
    return outputs.reshape(inputs[0].shape), {}


PRELU = Layer(init=init, apply=apply)
