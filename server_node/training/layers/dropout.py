"""Dropout: in training each value is zeroed with probability `rate` and the rest are scaled up (Srivastava 2014).

The rate is data to the program; which values go is a pure function of seed, step and layer.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights


def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Keep the shape; outside training nothing changes."""
    if not context.is_training:
        return inputs[0], {}
    keep_share = 1.0 - context.numbers["rate"]
    is_kept = jax.random.uniform(context.draw_key(), inputs[0].shape) < keep_share
    return jnp.where(is_kept, inputs[0] / keep_share, 0.0), {}


DROPOUT = Layer(init=no_weights, apply=apply, numbers=("rate",))
