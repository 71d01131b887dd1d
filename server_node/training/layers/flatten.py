"""Flatten: an example of any shape becomes a vector, last axis fastest."""

from __future__ import annotations

import jax

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights


def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext) -> Applied:
    """Map `(batch, …)` to `(batch, values)`."""
    return inputs[0].reshape(inputs[0].shape[0], -1), {}


FLATTEN = Layer(init=no_weights, apply=apply)
