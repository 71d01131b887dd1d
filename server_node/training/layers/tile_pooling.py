"""The largest value of windows that neither overlap nor leave gaps, with a gradient that is one pass over the input.

The place of each window's first largest value is kept from the way forward, a byte a window, and the gradient goes
there alone, as PyTorch and XLA's own window reduction do it. JAX's gradient of a maximum compares and counts instead,
which took three times as long on CPUs.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import product

import jax
import jax.numpy as jnp

from shared.model_definition.graph import Shape

_MOST_PLACES_IN_A_BYTE = 128


def whole_tiles(values: jax.Array, window: Shape) -> jax.Array:
    """Give `(batch, *counts and window, axis by axis, channels)`; what is beyond the last whole window goes."""
    counts = [size // wide for size, wide in zip(values.shape[1:-1], window, strict=True)]
    whole = values[(slice(None), *(slice(count * wide) for count, wide in zip(counts, window, strict=True)))]
    pairs = [number for pair in zip(counts, window, strict=True) for number in pair]
    return whole.reshape(values.shape[0], *pairs, values.shape[-1])


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def largest_of_tiles(values: jax.Array, window: Shape) -> jax.Array:
    """Map `(batch, *sizes, channels)` to `(batch, *counts, channels)`."""
    return jnp.max(whole_tiles(values, window), axis=tuple(range(2, 2 * len(window) + 1, 2)))


def _forward(values: jax.Array, window: Shape) -> tuple[jax.Array, tuple[jax.Array, Shape]]:
    tiles = whole_tiles(values, window)
    members = [tiles[_place(start)] for start in product(*(range(wide) for wide in window))]
    largest = members[0]
    for member in members[1:]:
        largest = jnp.maximum(largest, member)
    kind = jnp.int8 if math.prod(window) <= _MOST_PLACES_IN_A_BYTE else jnp.int32
    chosen = jnp.full(largest.shape, len(members) - 1, kind)
    for number in reversed(range(len(members) - 1)):
        chosen = jnp.where(members[number] == largest, jnp.asarray(number, kind), chosen)
    return largest, (chosen, values.shape[1:-1])


def _place(start: tuple[int, ...]) -> tuple[slice | int, ...]:
    return (slice(None), *(part for at in start for part in (slice(None), at)), slice(None))


def _backward(window: Shape, kept: tuple[jax.Array, Shape], gradient: jax.Array) -> tuple[jax.Array]:
    chosen, sizes = kept
    spread = tuple(range(2, 2 * len(window) + 1, 2))
    numbers = jnp.arange(math.prod(window), dtype=chosen.dtype).reshape(
        1, *(number for wide in window for number in (1, wide)), 1
    )
    is_chosen = jnp.expand_dims(chosen, spread) == numbers
    tiles = jnp.where(is_chosen, jnp.expand_dims(gradient, spread), jnp.zeros((), gradient.dtype))
    covered = tuple(count * wide for count, wide in zip(chosen.shape[1:-1], window, strict=True))
    whole = tiles.reshape(gradient.shape[0], *covered, gradient.shape[-1])
    missing = [(0, size - reached) for size, reached in zip(sizes, covered, strict=True)]
    return (jnp.pad(whole, ((0, 0), *missing, (0, 0))),)


largest_of_tiles.defvjp(_forward, _backward)
