"""Adaptive mean pooling: each axis is cut into as many windows as the output has positions.

Window i of n over a size s goes from ⌊i·s/n⌋ to ⌈(i+1)·s/n⌉, as PyTorch cuts them; windows of one axis may overlap
by a position. Each axis is one product with a small matrix of means, in float32 whatever the precision.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.layer import Applied, Arrays, FloatArray, Layer, LayerContext, no_weights
from shared.model_definition.kinds.windows import window_of


def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Map `(batch, *sizes, channels)` to `(batch, *output_size, channels)`."""
    values = inputs[0].astype(jnp.float32)
    for axis, outputs in enumerate(window_of(context.parameters, "output_size", values.ndim - 2), start=1):
        if outputs == 1:
            values = jnp.mean(values, axis=axis, keepdims=True)
        elif outputs != values.shape[axis]:
            means = jnp.asarray(_window_means(values.shape[axis], outputs))
            values = jnp.moveaxis(jnp.moveaxis(values, axis, -1) @ means, -1, axis)
    return values.astype(inputs[0].dtype), {}


def _window_means(size: int, outputs: int) -> FloatArray:
    matrix = np.zeros((size, outputs), np.float32)
    for place in range(outputs):
        start, end = place * size // outputs, -(-(place + 1) * size // outputs)
        matrix[start:end, place] = 1.0 / (end - start)
    return matrix


ADAPTIVE_AVG_POOL = Layer(init=no_weights, apply=apply)
