"""Layer, group and instance normalisation: each example on its own, so no statistics and no mask.

Means and variances are taken in float32 whatever the numbers' own type is; the variance is the biased one.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.initial_values import ones, zeros
from server_node.training.layers.layer import Applied, Arrays, InitialArrays, Layer, LayerContext, Parameters
from server_node.training.layers.parameters import flag, integer
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.normalizations import normalized_axes


def _init_layer_norm(
    _rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]
) -> InitialArrays:
    axes = normalized_axes(parameters, input_shapes[0])
    return {"scale": ones(axes), "bias": zeros(axes)}, {}


def _init_by_channel(
    _rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]
) -> InitialArrays:
    channels = input_shapes[0][-1:]
    return ({"scale": ones(channels), "bias": zeros(channels)} if flag(parameters, "affine") else {}), {}


def _apply_layer_norm(
    weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    rows = inputs[0].reshape(-1, math.prod(weights["scale"].shape))
    outputs = _normalized(rows, (1,), context) * weights["scale"].reshape(1, -1) + weights["bias"].reshape(1, -1)
    return outputs.reshape(inputs[0].shape).astype(inputs[0].dtype), {}


def _apply_group_norm(
    weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    return _by_channel_group(weights, inputs[0], integer(context.parameters, "num_groups"), context), {}


def _apply_instance_norm(
    weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    return _by_channel_group(weights, inputs[0], inputs[0].shape[-1], context), {}


def _by_channel_group(weights: Arrays, values: jax.Array, groups: int, context: LayerContext) -> jax.Array:
    batch, channels = values.shape[0], values.shape[-1]
    grouped = values.reshape(batch, -1, groups, channels // groups)
    outputs = _normalized(grouped, (1, 3), context).reshape(batch, -1, channels)
    if "scale" in weights:
        outputs = outputs * weights["scale"][None, None, :] + weights["bias"][None, None, :]
    return outputs.reshape(values.shape).astype(values.dtype)


def _normalized(values: jax.Array, axes: tuple[int, ...], context: LayerContext) -> jax.Array:
    exact = values.astype(jnp.float32)
    mean = jnp.mean(exact, axis=axes, keepdims=True)
    variance = jnp.mean(jnp.square(exact - mean), axis=axes, keepdims=True)
    return (exact - mean) * jax.lax.rsqrt(variance + context.numbers["epsilon"])


LAYER_NORM = Layer(init=_init_layer_norm, apply=_apply_layer_norm, numbers=("epsilon",))
GROUP_NORM = Layer(init=_init_by_channel, apply=_apply_group_norm, numbers=("epsilon",))
INSTANCE_NORM = Layer(init=_init_by_channel, apply=_apply_instance_norm, numbers=("epsilon",))
