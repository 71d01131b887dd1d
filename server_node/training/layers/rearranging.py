"""Layers that move numbers and compute nothing: reshape, permute, squeeze, unsqueeze, split, upsample, pad."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights
from shared.model_definition.kinds.axes import permuted_axes, squeezed_axes, unsqueezed_axis
from shared.model_definition.kinds.pad import padded_axes
from shared.model_definition.kinds.reshape import is_channels_first, is_image, written_shape
from shared.model_definition.kinds.split import split_place
from shared.model_definition.kinds.windows import window_of


def _apply_reshape(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    """Through channels first where the layer is written so: an image's channels go first and come back last."""
    values, example = inputs[0], inputs[0].shape[1:]
    shape = written_shape(context.parameters, example)
    is_moved = is_channels_first(context.parameters)
    if is_moved and is_image(example):
        values = jnp.moveaxis(values, -1, 1)
    values = values.reshape(values.shape[0], *shape)
    return (jnp.moveaxis(values, 1, -1) if is_moved and is_image(shape) else values), {}


def _apply_permute(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    axes = permuted_axes(context.parameters, inputs[0].ndim - 1)
    return inputs[0].transpose(0, *(axis + 1 for axis in axes)), {}


def _apply_squeeze(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    axes = squeezed_axes(context.parameters, inputs[0].shape[1:])
    return jnp.squeeze(inputs[0], axis=tuple(axis + 1 for axis in axes)), {}


def _apply_unsqueeze(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    return jnp.expand_dims(inputs[0], 1 + unsqueezed_axis(context.parameters, inputs[0].ndim - 1)), {}


def _apply_split(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    axis, start, end = split_place(context.parameters, inputs[0].shape[1:])
    return jax.lax.slice_in_dim(inputs[0], start, end, axis=axis + 1), {}


def _apply_upsample(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    values = inputs[0]
    for axis, factor in enumerate(window_of(context.parameters, "size", values.ndim - 2), start=1):
        values = jnp.repeat(values, factor, axis=axis, total_repeat_length=values.shape[axis] * factor)
    return values, {}


def _apply_pad(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    amounts = [(before, behind, 0) for before, behind in padded_axes(context.parameters, inputs[0].ndim - 1)]
    value = context.numbers["value"].astype(inputs[0].dtype)
    return jax.lax.pad(inputs[0], value, ((0, 0, 0), *amounts)), {}


RESHAPE = Layer(init=no_weights, apply=_apply_reshape)
PERMUTE = Layer(init=no_weights, apply=_apply_permute)
SQUEEZE = Layer(init=no_weights, apply=_apply_squeeze)
UNSQUEEZE = Layer(init=no_weights, apply=_apply_unsqueeze)
SPLIT = Layer(init=no_weights, apply=_apply_split)
UPSAMPLE = Layer(init=no_weights, apply=_apply_upsample)
PAD = Layer(init=no_weights, apply=_apply_pad, numbers=("value",))
