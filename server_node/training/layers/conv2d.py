"""Convolution over images, channels last, in two formulations that give the same values.

In compiled loops on CPUs the windows are written out as slices and multiplied once; elsewhere XLA's own convolution
is used.
"""

from __future__ import annotations

from typing import assert_never

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.activations import activate
from server_node.training.layers.initial_values import he_uniform, zeros
from server_node.training.layers.layer import (
    Applied,
    Arrays,
    Formulation,
    InitialArrays,
    Layer,
    LayerContext,
    Parameters,
)
from server_node.training.layers.parameters import flag, integer, pair, word
from server_node.training.layers.windows import Pair, pad_images, padding_amounts, window_slices
from shared.model_definition.graph import Shape


def init(rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Draw a kernel `(height, width, channels, filters)` and, unless `use_bias` is false, a bias of zeros."""
    window, channels = pair(parameters, "kernel_size"), input_shapes[0][-1]
    filters = integer(parameters, "filters")
    weights = {"kernel": he_uniform(rng, (*window, channels, filters), fan_in=window[0] * window[1] * channels)}
    if flag(parameters, "use_bias"):
        weights["bias"] = zeros((filters,))
    return weights, {}


def apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Map `(batch, height, width, channels)` to `(batch, rows, columns, filters)`."""
    images, kernel, stride = inputs[0], weights["kernel"], pair(context.parameters, "stride")
    size, window = (images.shape[1], images.shape[2]), (kernel.shape[0], kernel.shape[1])
    padding = padding_amounts(size, window, stride, word(context.parameters, "padding"))
    outputs = convolve(images, kernel, stride, padding, context.formulation)
    if "bias" in weights:
        outputs = outputs + weights["bias"][None, None, None, :]
    return activate(word(context.parameters, "activation"), outputs), {}


def convolve(
    images: jax.Array, kernel: jax.Array, stride: Pair, padding: tuple[Pair, Pair], formulation: Formulation
) -> jax.Array:
    """Convolve without bias, in the formulation asked for."""
    match formulation:
        case Formulation.SLICES:
            return _convolve_slices(images, kernel, stride, padding)
        case Formulation.STOCK | Formulation.STOCK_CONVOLUTION:
            return jax.lax.conv_general_dilated(
                images, kernel, stride, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
        case _:
            assert_never(formulation)


def _convolve_slices(images: jax.Array, kernel: jax.Array, stride: Pair, padding: tuple[Pair, Pair]) -> jax.Array:
    window, filters = (kernel.shape[0], kernel.shape[1]), kernel.shape[3]
    slices = window_slices(pad_images(images, padding, 0.0), window, stride)
    patches = jnp.concatenate(slices, axis=-1)
    products = patches.reshape(-1, patches.shape[-1]) @ kernel.reshape(-1, filters)
    return products.reshape(*patches.shape[:3], filters)


CONV2D = Layer(init=init, apply=apply)
