"""Normalisation by given numbers: `(x - mean) / std`."""

from __future__ import annotations

import jax

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights


def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Keep the shape of the input."""
    return (inputs[0] - context.numbers["mean"]) / context.numbers["std"], {}


NORMALIZE = Layer(init=no_weights, apply=apply, numbers=("mean", "std"))
