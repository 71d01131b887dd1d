"""Dropout inside layers: each value is zeroed with probability `rate` and the rest are scaled up (Srivastava 2014).

Which ones go is a hash of each value's place and the key: the same on every device, and twenty times cheaper on a CPU
than JAX's own random bits, which would cost a transformer nearly as much as its matrix products.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import LayerContext

LEVELS = 2.0**32


def dropped(values: jax.Array, rate: jax.Array, key: jax.Array) -> jax.Array:
    """Zero a share `rate` of the values, `0 <= rate < 1`, data to the program."""
    rate = rate.astype(jnp.float32)
    least = (rate * LEVELS).astype(jnp.uint32)
    is_kept = hashed_places(values.shape, key) >= least
    factor = (1.0 / (1.0 - rate)).astype(values.dtype)
    return jnp.where(is_kept, values * factor, jnp.zeros((), values.dtype))


def hashed_places(shape: tuple[int, ...], key: jax.Array) -> jax.Array:
    """Give uniform uint32 of this shape: each place, from 0, mixed with both words of the key."""
    first, second = jax.random.key_data(key)
    places = jax.lax.iota(jnp.uint32, math.prod(shape)).reshape(shape)
    return _mixed(_mixed(places ^ first) + second)


def _mixed(words: jax.Array) -> jax.Array:
    """Mix the bits of 32-bit words: the function `lowbias32` of Wellons 2018, "Prospecting for Hash Functions"."""
    words = (words ^ (words >> jnp.uint32(16))) * jnp.uint32(0x7FEB352D)
    words = (words ^ (words >> jnp.uint32(15))) * jnp.uint32(0x846CA68B)
    mixed: jax.Array = words ^ (words >> jnp.uint32(16))
    return mixed


def dropped_in_training(values: jax.Array, context: LayerContext, place: int) -> jax.Array:
    """Apply a layer's `dropout` at one of its places, each with a key of its own; nothing where it is 0."""
    if not context.is_training or context.parameters["has_dropout"] is False:
        return values
    return dropped(values, context.numbers["dropout"], jax.random.fold_in(context.draw_key(), place))
