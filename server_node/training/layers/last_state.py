"""Last state: of a sequence, only the last position goes on."""

from __future__ import annotations

import jax

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights


def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext) -> Applied:
    """Map `(batch, length, features)` to `(batch, features)`."""
    return inputs[0][:, -1], {}


LAST_STATE = Layer(init=no_weights, apply=apply)
