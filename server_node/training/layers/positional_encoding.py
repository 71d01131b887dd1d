"""Positional encoding: a vector for every position, added to what stands there."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.initial_values import lecun_uniform
from server_node.training.layers.layer import (
    Applied,
    Arrays,
    FloatArray,
    InitialArrays,
    Layer,
    LayerContext,
    Parameters,
)
from server_node.training.layers.parameters import flag, integer
from server_node.training.layers.random_zeros import dropped_in_training
from shared.model_definition.graph import Shape

LONGEST_WAVE = 10_000.0


def init(rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Draw a table `(max_len, width)` where positions are learned."""
    if not flag(parameters, "learned"):
        return {}, {}
    width = input_shapes[0][-1]
    return {"table": lecun_uniform(rng, (integer(parameters, "max_len"), width), width)}, {}


def apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Keep the shape `(batch, length, width)`."""
    length, width = inputs[0].shape[1], inputs[0].shape[2]
    table = weights["table"][:length] if "table" in weights else jnp.asarray(waves(length, width))
    return dropped_in_training(inputs[0] + table[None].astype(inputs[0].dtype), context, 0), {}


def waves(length: int, width: int) -> FloatArray:
    """Give `(length, width)`: sines at even places, cosines at odd ones (Vaswani et al. 2017, section 3.5)."""
    positions = np.arange(length, dtype=np.float64)[:, None]
    frequencies = LONGEST_WAVE ** (-np.arange(0, width, 2, dtype=np.float64) / width)[None, :]
    table = np.empty((length, width), np.float32)
    table[:, 0::2] = np.sin(positions * frequencies)
    table[:, 1::2] = np.cos(positions * frequencies[:, : width // 2])
    return table


POSITIONAL_ENCODING = Layer(init=init, apply=apply, numbers=("dropout",), switches=("dropout",))
