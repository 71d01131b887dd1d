"""Windows over images: how far to pad, and the shifted slices that together are every window.

Slice (i, j) holds the pixel in row i and column j of each window, so a convolution is one matrix product over
the slices and a pooling is one reduction over them.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

Pair = tuple[int, int]


def padding_amounts(size: Pair, window: Pair, stride: Pair, padding: str) -> tuple[Pair, Pair]:
    """Give ((top, bottom), (left, right)); `same` keeps ⌈size / stride⌉ windows, the odd pixel goes last."""
    if padding == "valid":
        return (0, 0), (0, 0)
    top, left = (_same_padding(*axis) for axis in zip(size, window, stride, strict=True))
    return top, left


def _same_padding(size: int, window: int, stride: int) -> Pair:
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def window_slices(images: jax.Array, window: Pair, stride: Pair) -> list[jax.Array]:
    """Cut `(batch, height, width, channels)` into one slice `(batch, rows, columns, channels)` a window pixel."""
    rows = (images.shape[1] - window[0]) // stride[0] + 1
    columns = (images.shape[2] - window[1]) // stride[1] + 1
    row_end, column_end = (rows - 1) * stride[0] + 1, (columns - 1) * stride[1] + 1
    return [
        images[:, top : top + row_end : stride[0], left : left + column_end : stride[1], :]
        for top in range(window[0])
        for left in range(window[1])
    ]


def pad_images(images: jax.Array, amounts: tuple[Pair, Pair], value: float) -> jax.Array:
    """Pad height and width of `(batch, height, width, channels)` with one value."""
    if amounts == ((0, 0), (0, 0)):
        return images
    return jnp.pad(images, ((0, 0), *amounts, (0, 0)), constant_values=value)
