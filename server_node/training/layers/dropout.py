"""Dropout: in training each value is zeroed with probability `rate` and the rest are scaled up (Srivastava 2014).

The rate is data to the program; which values go is a pure function of seed, step and layer.
"""

from __future__ import annotations

import jax

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights
from server_node.training.layers.random_zeros import dropped


def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Keep the shape; outside training nothing changes."""
    if not context.is_training:
        return inputs[0], {}
    return dropped(inputs[0], context.numbers["rate"], context.draw_key()), {}


DROPOUT = Layer(init=no_weights, apply=apply, numbers=("rate",))
