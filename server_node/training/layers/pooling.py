"""Pooling over images: the largest or the mean value of each window, and of each whole image.

Windows side by side are a reshape and a reduction. Others are reduced slice by slice on CPUs, by XLA's window
reduction on GPUs. Means leave padding out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Applied, Arrays, Formulation, Layer, LayerContext, no_weights
from server_node.training.layers.parameters import pair, word
from server_node.training.layers.windows import Pair, pad_images, padding_amounts, window_slices

NO_PADDING = ((0, 0), (0, 0))
Combine = Callable[[jax.Array, jax.Array], jax.Array]


def _apply_max_pool(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    return _reduce_windows(inputs[0], context, jax.lax.max, -jnp.inf), {}


def _apply_avg_pool(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    sums = _reduce_windows(inputs[0], context, jax.lax.add, 0.0)
    real_pixels = _reduce_windows(jnp.ones_like(inputs[0][:1, :, :, :1]), context, jax.lax.add, 0.0)
    return sums / jnp.broadcast_to(real_pixels, sums.shape), {}


def _reduce_windows(images: jax.Array, context: LayerContext, combine: Combine, start: float) -> jax.Array:
    window, stride = pair(context.parameters, "pool_size"), pair(context.parameters, "stride")
    size = (images.shape[1], images.shape[2])
    padding = padding_amounts(size, window, stride, word(context.parameters, "padding", "valid"))
    if window == stride and padding == NO_PADDING:
        return _reduce_tiles(images, window, combine)
    if context.formulation is Formulation.STOCK:
        return _reduce_stock(images, combine, start, window, stride, padding)
    return reduce(combine, window_slices(pad_images(images, padding, start), window, stride))


def _reduce_tiles(images: jax.Array, window: Pair, combine: Combine) -> jax.Array:
    """Reduce windows that neither overlap nor leave gaps: one reshape, and pixels beyond the last whole window go."""
    batch, height, width, channels = images.shape
    rows, columns = height // window[0], width // window[1]
    whole = images[:, : rows * window[0], : columns * window[1], :]
    tiles = whole.reshape(batch, rows, window[0], columns, window[1], channels)
    return jnp.max(tiles, axis=(2, 4)) if combine is jax.lax.max else jnp.sum(tiles, axis=(2, 4))


def _reduce_stock(
    images: jax.Array, combine: Combine, start: float, window: Pair, stride: Pair, padding: tuple[Pair, Pair]
) -> jax.Array:
    whole_window, whole_stride = (1, *window, 1), (1, *stride, 1)
    reduced: jax.Array = jax.lax.reduce_window(
        images, start, combine, whole_window, whole_stride, ((0, 0), *padding, (0, 0))
    )
    return reduced


def _apply_global_max(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext
) -> Applied:
    return jnp.max(inputs[0], axis=(1, 2)), {}


def _apply_global_avg(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext
) -> Applied:
    return jnp.mean(inputs[0], axis=(1, 2)), {}


MAX_POOL2D = Layer(init=no_weights, apply=_apply_max_pool)
AVG_POOL2D = Layer(init=no_weights, apply=_apply_avg_pool)
GLOBAL_MAX_POOL = Layer(init=no_weights, apply=_apply_global_max)
GLOBAL_AVG_POOL = Layer(init=no_weights, apply=_apply_global_avg)
