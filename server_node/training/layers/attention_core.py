"""Attention between projected queries, keys and values, in two formulations that give the same values.

On CPUs the scores are written out; elsewhere JAX's own attention is used, unless scores are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.layer import Formulation

ScoreChange = Callable[[jax.Array], jax.Array]
LEAST_SCORE = -1e30
"""What a key that must not be looked at scores; its exponential is 0 in every precision."""


def attend(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    allowed: jax.Array | None,
    drop: ScoreChange | None,
    formulation: Formulation,
) -> jax.Array:
    """Give softmax(query · keyᵀ / √size) · value (Vaswani et al. 2017).

    Args:
        query: `(batch, queries, heads, size)`.
        key: `(batch, keys, heads, size)`.
        value: the same.
        allowed: bool, broadcast to `(batch, heads, queries, keys)`; None for everything.
        drop: zeroes some of the softmax, in training.
        formulation: which way.

    Returns:
        `(batch, queries, heads, size)`.
    """
    if formulation is Formulation.STOCK and drop is None:
        return jax.nn.dot_product_attention(query, key, value, mask=allowed)
    query, key, value = (jnp.swapaxes(part, 1, 2) for part in (query, key, value))
    scores = jnp.einsum("bhqd,bhkd->bhqk", query, key, preferred_element_type=jnp.float32)
    scores = scores * (1.0 / math.sqrt(query.shape[-1]))
    if allowed is not None:
        scores = jnp.where(allowed, scores, LEAST_SCORE)
    # The softmax's division waits until values are gathered: there are far fewer of those than scores.
    weights = jnp.exp(scores - jax.lax.stop_gradient(jnp.max(scores, axis=-1, keepdims=True)))
    total = jnp.sum(weights, axis=-1, keepdims=True)
    shares = weights.astype(value.dtype) if drop is None else drop(weights.astype(value.dtype))
    gathered = jnp.einsum("bhqk,bhkd->bhqd", shares, value, preferred_element_type=jnp.float32) / total
    return jnp.swapaxes(gathered.astype(value.dtype), 1, 2)


def allowed_pairs(mask: jax.Array | None, queries: int, keys: int, *, is_causal: bool) -> jax.Array | None:
    """Join a mask from outside with the rule not to look ahead.

    Args:
        mask: `(batch, keys)` or `(batch, queries, keys)`, 0 where a key must not be looked at.
        queries: how many there are.
        keys: how many there are.
        is_causal: whether query i sees only the keys up to i.

    Returns:
        bool, broadcast to `(batch, heads, queries, keys)`; None when everything is allowed.
    """
    allowed = jnp.asarray(np.tri(queries, keys, dtype=np.bool_))[None, None] if is_causal else None
    if mask is None:
        return allowed
    said = (mask != 0).reshape(mask.shape[0], 1, -1, keys)
    return said if allowed is None else said & allowed
