"""Branches brought together: number by number, as numpy broadcasts one example, or along an axis."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights
from server_node.training.layers.parameters import flag
from shared.model_definition.kinds.merges import broadcast_shape, merged_axis

Combine = Callable[[jax.Array, jax.Array], jax.Array]


def _number_by_number(combine: Combine) -> Layer:
    def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext) -> Applied:
        return reduce(combine, _broadcast(inputs)), {}

    return Layer(init=no_weights, apply=apply)


def _broadcast(inputs: tuple[jax.Array, ...]) -> list[jax.Array]:
    """Bring every input `(batch, …)` to the shape they have together, last axes matched."""
    shape = broadcast_shape(tuple(values.shape[1:] for values in inputs))
    return [_broadcast_one(values, shape) for values in inputs]


def _broadcast_one(values: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    if values.shape[1:] == shape:
        return values
    filled = (1,) * (len(shape) - values.ndim + 1)
    return jnp.broadcast_to(values.reshape(values.shape[0], *filled, *values.shape[1:]), (values.shape[0], *shape))


def _apply_average(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    if len(inputs) > 1:
        total = reduce(operator.add, [values.astype(jnp.float32) for values in _broadcast(inputs)])
        return (total / len(inputs)).astype(inputs[0].dtype), {}
    axis = 1 + merged_axis(context.parameters, inputs[0].ndim - 1)
    return jnp.mean(inputs[0], axis=axis, keepdims=flag(context.parameters, "keepdim")), {}


def _apply_concatenate(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    return jnp.concatenate(inputs, axis=1 + merged_axis(context.parameters, inputs[0].ndim - 1)), {}


ADD = _number_by_number(operator.add)
MULTIPLY = _number_by_number(operator.mul)
AVERAGE = Layer(init=no_weights, apply=_apply_average)
CONCATENATE = Layer(init=no_weights, apply=_apply_concatenate)
