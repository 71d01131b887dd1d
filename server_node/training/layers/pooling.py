"""Pooling: the largest or the mean value of each window, and of each whole sequence, image or volume.

Windows side by side are a reshape and a reduction. Others are reduced slice by slice on CPUs, by XLA's window
reduction on GPUs. Means leave padding out, and are added up in float32 whatever the precision.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights
from server_node.training.layers.parameters import word
from server_node.training.layers.tile_pooling import largest_of_tiles, whole_tiles
from server_node.training.layers.windows import Padding, pad_positions, padding_amounts, window_slices
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.windows import window_of

Combine = Callable[[jax.Array, jax.Array], jax.Array]


def _apply_max_pool(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    return _reduce_windows(inputs[0], context, jax.lax.max, -jnp.inf), {}


def _apply_avg_pool(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    values = inputs[0].astype(jnp.float32)
    sums = _reduce_windows(values, context, jax.lax.add, 0.0)
    real_positions = _reduce_windows(jnp.ones_like(values[:1, ..., :1]), context, jax.lax.add, 0.0)
    return (sums / jnp.broadcast_to(real_positions, sums.shape)).astype(inputs[0].dtype), {}


def _reduce_windows(values: jax.Array, context: LayerContext, combine: Combine, start: float) -> jax.Array:
    size = values.shape[1:-1]
    window = window_of(context.parameters, "pool_size", len(size))
    stride = window_of(context.parameters, "stride", len(size))
    padding = padding_amounts(size, window, stride, word(context.parameters, "padding", "valid"))
    if window == stride and not any(before or after for before, after in padding):
        return _reduce_tiles(values, window, combine)
    if context.formulation.is_stock:
        return _reduce_stock(values, combine, start, window, stride, padding)
    return reduce(combine, window_slices(pad_positions(values, padding, start), window, stride))


def _reduce_tiles(values: jax.Array, window: Shape, combine: Combine) -> jax.Array:
    """Reduce windows that neither overlap nor leave gaps."""
    if combine is jax.lax.max:
        return largest_of_tiles(values, window)
    return jnp.sum(whole_tiles(values, window), axis=tuple(range(2, 2 * len(window) + 1, 2)))


def _reduce_stock(
    values: jax.Array, combine: Combine, start: float, window: Shape, stride: Shape, padding: Padding
) -> jax.Array:
    whole_window, whole_stride = (1, *window, 1), (1, *stride, 1)
    reduced: jax.Array = jax.lax.reduce_window(
        values, start, combine, whole_window, whole_stride, ((0, 0), *padding, (0, 0))
    )
    return reduced


def _positions(values: jax.Array) -> tuple[int, ...]:
    return tuple(range(1, values.ndim - 1))


def _apply_global_max(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext
) -> Applied:
    return jnp.max(inputs[0], axis=_positions(inputs[0])), {}


def _apply_global_avg(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext
) -> Applied:
    return jnp.mean(inputs[0], axis=_positions(inputs[0])), {}


MAX_POOL = Layer(init=no_weights, apply=_apply_max_pool)
AVG_POOL = Layer(init=no_weights, apply=_apply_avg_pool)
GLOBAL_MAX_POOL = Layer(init=no_weights, apply=_apply_global_max)
GLOBAL_AVG_POOL = Layer(init=no_weights, apply=_apply_global_avg)
