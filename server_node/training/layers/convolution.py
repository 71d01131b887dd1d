"""Convolution over sequences, images and volumes, channels last, in formulations that give the same values.

In compiled loops on CPUs the windows are written out as slices and multiplied once; elsewhere XLA's own convolution
is used (`stock_convolution`). The transposed one is in `transposed_convolution`.
"""

from __future__ import annotations

import math
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
from server_node.training.layers.parameters import flag, integer, word
from server_node.training.layers.stock_convolution import convolve_stock
from server_node.training.layers.transposed_convolution import convolve_transposed
from server_node.training.layers.windows import Padding, pad_positions, padding_amounts, window_slices
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.windows import window_of


def init(rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Draw a kernel `(*window, channels, filters)` and, unless `use_bias` is false, a bias of zeros."""
    rank, channels = len(input_shapes[0]) - 1, input_shapes[0][-1]
    window, filters = window_of(parameters, "kernel_size", rank), integer(parameters, "filters")
    fan_in = math.prod(window) * channels
    if flag(parameters, "transposed"):
        fan_in = max(fan_in // math.prod(window_of(parameters, "stride", rank)), 1)
    weights = {"kernel": he_uniform(rng, (*window, channels, filters), fan_in)}
    if flag(parameters, "use_bias"):
        weights["bias"] = zeros((filters,))
    return weights, {}


def apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Map `(batch, *sizes, channels)` to `(batch, *windows, filters)`."""
    outputs = _convolved(inputs[0], weights["kernel"], context)
    if "bias" in weights:
        outputs = outputs + weights["bias"].reshape((1,) * (outputs.ndim - 1) + (-1,))
    return activate(word(context.parameters, "activation"), outputs), {}


def _convolved(values: jax.Array, kernel: jax.Array, context: LayerContext) -> jax.Array:
    window, stride = kernel.shape[:-2], window_of(context.parameters, "stride", values.ndim - 2)
    padding = word(context.parameters, "padding")
    if flag(context.parameters, "transposed"):
        return convolve_transposed(values, kernel, stride, padding, context.formulation)
    amounts = padding_amounts(values.shape[1:-1], window, stride, padding)
    return convolve(values, kernel, stride, amounts, context.formulation)


def convolve(
    values: jax.Array, kernel: jax.Array, stride: Shape, padding: Padding, formulation: Formulation
) -> jax.Array:
    """Convolve without bias, in the formulation asked for; windows of one position need no more on CPUs."""
    match formulation:
        case Formulation.SLICES:
            return _convolve_slices(values, kernel, stride, padding)
        case Formulation.STOCK_CONVOLUTION if math.prod(kernel.shape[:-2]) == 1:
            return _convolve_slices(values, kernel, stride, padding)
        case Formulation.STOCK | Formulation.FUSED_ATTENTION | Formulation.STOCK_CONVOLUTION:
            return convolve_stock(values, kernel, stride, padding)
        case _:
            assert_never(formulation)


def _convolve_slices(values: jax.Array, kernel: jax.Array, stride: Shape, padding: Padding) -> jax.Array:
    slices = window_slices(pad_positions(values, padding, 0.0), kernel.shape[:-2], stride)
    patches = jnp.concatenate(slices, axis=-1)
    products = patches.reshape(-1, patches.shape[-1]) @ kernel.reshape(-1, kernel.shape[-1])
    return products.reshape(*patches.shape[:-1], kernel.shape[-1])


CONVOLUTION = Layer(init=init, apply=apply)
