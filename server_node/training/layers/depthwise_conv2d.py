"""Depthwise convolution: every channel of an image has windows of its own.

On CPUs it is a sum over shifted slices, each scaled channel by channel: XLA's grouped convolution is far slower there.
"""

from __future__ import annotations

import math

import jax
import numpy as np

from server_node.training.layers.activations import activate
from server_node.training.layers.initial_values import he_uniform, zeros
from server_node.training.layers.layer import (
    Applied,
    Arrays,
    InitialArrays,
    Layer,
    LayerContext,
    Parameters,
)
from server_node.training.layers.parameters import flag, integer, pair, word
from server_node.training.layers.windows import Padding, pad_positions, padding_amounts, window_slices
from shared.model_definition.graph import Shape


def init(rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Draw a kernel `(height, width, channels, multiplier)` and, unless `use_bias` is false, a bias of zeros."""
    window, channels = pair(parameters, "kernel_size"), input_shapes[0][-1]
    multiplier = integer(parameters, "depth_multiplier")
    weights = {"kernel": he_uniform(rng, (*window, channels, multiplier), fan_in=math.prod(window))}
    if flag(parameters, "use_bias"):
        weights["bias"] = zeros((channels * multiplier,))
    return weights, {}


def apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Map `(batch, height, width, channels)` to `(batch, rows, columns, channels · multiplier)`, channel by channel."""
    kernel, stride = weights["kernel"], pair(context.parameters, "stride")
    size, window = inputs[0].shape[1:-1], kernel.shape[:2]
    padding = padding_amounts(size, window, stride, word(context.parameters, "padding"))
    convolve = _convolve_stock if context.formulation.is_stock else _convolve_slices
    outputs = convolve(inputs[0], kernel, stride, padding)
    if "bias" in weights:
        outputs = outputs + weights["bias"][None, None, None, :]
    return activate(word(context.parameters, "activation"), outputs), {}


def _convolve_stock(images: jax.Array, kernel: jax.Array, stride: Shape, padding: Padding) -> jax.Array:
    height, width, channels, multiplier = kernel.shape
    return jax.lax.conv_general_dilated(
        images,
        kernel.reshape(height, width, 1, channels * multiplier),
        stride,
        padding,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=channels,
    )


def _convolve_slices(images: jax.Array, kernel: jax.Array, stride: Shape, padding: Padding) -> jax.Array:
    height, width, channels, multiplier = kernel.shape
    slices = window_slices(pad_positions(images, padding, 0.0), (height, width), stride)
    factors = kernel.reshape(height * width, 1, 1, 1, channels, multiplier)
    total = slices[0][..., None] * factors[0]
    for place, part in enumerate(slices[1:], start=1):
        total = total + part[..., None] * factors[place]
    return total.reshape(*total.shape[:3], channels * multiplier)


DEPTHWISE_CONV2D = Layer(init=init, apply=apply)
