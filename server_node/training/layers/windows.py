"""Windows over sequences, images and volumes: how far to pad, and the shifted slices that together are every window.

Slice number i holds the i-th position of each window, so a convolution is one matrix product over the slices and a
pooling is one reduction over them. Sizes, windows and strides have one number for each axis that windows slide over.
"""

from __future__ import annotations

from itertools import product

import jax
import jax.numpy as jnp

from shared.model_definition.graph import Shape

Padding = tuple[tuple[int, int], ...]


def padding_amounts(size: Shape, window: Shape, stride: Shape, padding: str) -> Padding:
    """Give (before, after) for each axis; `same` keeps ⌈size / stride⌉ windows, the odd position goes last."""
    if padding == "valid":
        return ((0, 0),) * len(size)
    return tuple(_same_padding(*axis) for axis in zip(size, window, stride, strict=True))


def _same_padding(size: int, window: int, stride: int) -> tuple[int, int]:
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def window_slices(values: jax.Array, window: Shape, stride: Shape) -> list[jax.Array]:
    """Cut `(batch, *sizes, channels)` into one slice `(batch, *windows, channels)` for each position in a window."""
    sizes = values.shape[1:-1]
    spans = [(size - wide) // step * step + 1 for size, wide, step in zip(sizes, window, stride, strict=True)]
    slices = []
    for start in product(*(range(wide) for wide in window)):
        places = tuple(slice(at, at + span, step) for at, span, step in zip(start, spans, stride, strict=True))
        slices.append(values[(slice(None), *places)])
    return slices


def pad_positions(values: jax.Array, amounts: Padding, value: float) -> jax.Array:
    """Pad the sliding axes of `(batch, *sizes, channels)` with one value."""
    if not any(before or after for before, after in amounts):
        return values
    return jnp.pad(values, ((0, 0), *amounts, (0, 0)), constant_values=value)
