"""Sequences as rows: `(batch, length, width)` flattened to two axes before every matrix product.

XLA on CPUs multiplies such rows nearly twice as fast as arrays of three axes. It also computes a layer norm or a GELU
again inside every product that reads it, unless a barrier keeps them apart.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Arrays, Formulation

WIDTH_OF_TILES = 64
LEAST_UNITS_FILLED = 1024
"""Below, the product takes too little time for its kernel to matter."""


def as_rows(values: jax.Array) -> jax.Array:
    """Flatten `(…, width)` to `(rows, width)`."""
    return values.reshape(-1, values.shape[-1])


def multiplied(rows: jax.Array, kernel: jax.Array, formulation: Formulation) -> jax.Array:
    """Multiply `(rows, features)` by `(features, units)`.

    GPUs have their quick kernels for 16-bit numbers only where lengths are multiples of 8: a vocabulary of 50,257 is
    filled up with zeros and cut off again, and its three products in a step take a third of the time (H200).
    """
    units = kernel.shape[-1]
    missing = -units % WIDTH_OF_TILES
    if not formulation.is_stock or units < LEAST_UNITS_FILLED or rows.dtype == jnp.float32 or not units % 8:
        return rows @ kernel
    return (rows @ jnp.pad(kernel, ((0, 0), (0, missing))))[:, :units]


def projected(rows: jax.Array, weights: Arrays, name: str) -> jax.Array:
    """Multiply rows by `<name>_kernel` and add `<name>_bias` where there is one."""
    products = rows @ weights[f"{name}_kernel"]
    bias = weights.get(f"{name}_bias")
    return products if bias is None else products + bias[None, :]


def normalized(rows: jax.Array, weights: Arrays, name: str, epsilon: float = 1e-5) -> jax.Array:
    """Bring each row to mean 0 and variance 1, then scale and shift it (Ba et al. 2016); computed in float32."""
    wide = rows.astype(jnp.float32)
    centred = wide - jnp.mean(wide, axis=-1, keepdims=True)
    factor = jax.lax.rsqrt(jnp.mean(jnp.square(centred), axis=-1, keepdims=True) + epsilon)
    return (centred * factor).astype(rows.dtype) * weights[f"{name}_scale"][None, :] + weights[f"{name}_bias"][None, :]


def kept_apart(values: jax.Array, formulation: Formulation) -> jax.Array:
    """Have the values computed once, not inside each of their readers; GPUs know better by themselves."""
    if formulation.is_stock:
        return values
    apart: jax.Array = jax.lax.optimization_barrier(values)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
    return apart
