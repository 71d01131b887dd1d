"""The transposed convolution: every input position adds its window, scaled, to the output (Dumoulin and Visin 2016).

It is the adjoint of the convolution of the same kernel, stride and padding. Written out, each input position is
multiplied into a whole window by one matrix product, and the windows are added where they overlap; XLA's own form is
a convolution of the input with gaps between its positions, with the kernel reversed.
"""

from __future__ import annotations

from itertools import product
from typing import assert_never

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Formulation
from server_node.training.layers.stock_convolution import convolve_stock
from shared.model_definition.graph import Shape


def convolve_transposed(
    values: jax.Array, kernel: jax.Array, stride: Shape, padding: str, formulation: Formulation
) -> jax.Array:
    """Map `(batch, *sizes, channels)` to `(batch, *sizes · stride, filters)`, without bias.

    Args:
        values: the input.
        kernel: `(*window, channels, filters)`.
        stride: how far windows lie apart in the output.
        padding: `same` cuts what reaches beyond `stride` times the input, half on each side; `valid` keeps it.
        formulation: how it is computed.
    """
    window = kernel.shape[:-2]
    cut = tuple(_cut_before(wide, step, padding) for wide, step in zip(window, stride, strict=True))
    sizes = tuple(
        size * step + (max(wide - step, 0) if padding == "valid" else 0)
        for size, wide, step in zip(values.shape[1:-1], window, stride, strict=True)
    )
    match formulation:
        case Formulation.SLICES:
            return _added_windows(values, kernel, stride, cut, sizes)
        case Formulation.STOCK | Formulation.FUSED_ATTENTION | Formulation.STOCK_CONVOLUTION:
            return _stock(values, kernel, stride, cut, sizes)
        case _:
            assert_never(formulation)


def _cut_before(window: int, stride: int, padding: str) -> int:
    return max(window - stride, 0) // 2 if padding == "same" else 0


def _stock(values: jax.Array, kernel: jax.Array, stride: Shape, cut: Shape, sizes: Shape) -> jax.Array:
    window, rank = kernel.shape[:-2], len(stride)
    spread = [(size - 1) * step + 1 for size, step in zip(values.shape[1:-1], stride, strict=True)]
    before = [wide - 1 - gone for wide, gone in zip(window, cut, strict=True)]
    after = [
        wanted - size - ahead + wide - 1
        for wanted, size, ahead, wide in zip(sizes, spread, before, window, strict=True)
    ]
    reversed_kernel = jnp.flip(kernel, axis=tuple(range(rank)))
    return convolve_stock(values, reversed_kernel, (1,) * rank, tuple(zip(before, after, strict=True)), gaps=stride)


def _added_windows(values: jax.Array, kernel: jax.Array, stride: Shape, cut: Shape, sizes: Shape) -> jax.Array:
    window, (channels, filters) = kernel.shape[:-2], kernel.shape[-2:]
    columns = jnp.moveaxis(kernel, -2, 0).reshape(channels, -1)
    products = (values.reshape(-1, channels) @ columns).reshape(*values.shape[:-1], -1, filters)
    if window == stride:
        return _side_by_side(products, window, filters)
    total = None
    for number, start in enumerate(product(*(range(wide) for wide in window))):
        placed = _placed(products[..., number, :], stride, start, cut, sizes)
        total = placed if total is None else total + placed
    assert total is not None, "a window has at least one position"
    return total


def _side_by_side(products: jax.Array, window: Shape, filters: int) -> jax.Array:
    """Lay out windows that neither overlap nor leave gaps: one change of the order of axes."""
    batch, rank, sizes = products.shape[0], len(window), products.shape[1:-2]
    tiles = products.reshape(batch, *sizes, *window, filters)
    pairs = [axis for place in range(rank) for axis in (1 + place, 1 + rank + place)]
    outputs = [size * wide for size, wide in zip(sizes, window, strict=True)]
    return tiles.transpose(0, *pairs, 2 * rank + 1).reshape(batch, *outputs, filters)


def _placed(values: jax.Array, stride: Shape, start: Shape, cut: Shape, sizes: Shape) -> jax.Array:
    spread = [(size - 1) * step + 1 for size, step in zip(values.shape[1:-1], stride, strict=True)]
    before = [at - gone for at, gone in zip(start, cut, strict=True)]
    after = [wanted - size - ahead for wanted, size, ahead in zip(sizes, spread, before, strict=True)]
    gaps = [(low, high, step - 1) for low, high, step in zip(before, after, stride, strict=True)]
    return jax.lax.pad(values, jnp.zeros((), values.dtype), ((0, 0, 0), *gaps, (0, 0, 0)))
