"""Attention between projected queries, keys and values, in formulations that give the same values.

On CPUs the scores are written out; elsewhere JAX's own attention is used, unless scores are dropped: in one kernel
where there is one for the shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.fused_attention import fits_kernel, fused_attention
from server_node.training.layers.layer import Formulation

ScoreChange = Callable[[jax.Array], jax.Array]
LEAST_SCORE = -1e30
"""What a key that must not be looked at scores; its exponential is 0 in every precision."""


@dataclass(frozen=True, slots=True)
class Visible:
    """Which keys a query may look at.

    Attributes:
        mask: `(batch, keys)` or `(batch, queries, keys)`, 0 where a key must not be looked at; None for no mask.
        is_causal: whether query i sees only the keys up to i.
    """

    mask: jax.Array | None = None
    is_causal: bool = False

    def pairs(self, queries: int, keys: int) -> jax.Array | None:
        """Give bool, broadcast to `(batch, heads, queries, keys)`; None when everything is allowed."""
        allowed = jnp.asarray(np.tri(queries, keys, dtype=np.bool_))[None, None] if self.is_causal else None
        if self.mask is None:
            return allowed
        said = (self.mask != 0).reshape(self.mask.shape[0], 1, -1, keys)
        return said if allowed is None else said & allowed


EVERYTHING = Visible()


def attend(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    visible: Visible,
    drop: ScoreChange | None,
    formulation: Formulation,
) -> jax.Array:
    """Give softmax(query · keyᵀ / √size) · value (Vaswani et al. 2017).

    Args:
        query: `(batch, queries, heads, size)`.
        key: `(batch, keys, heads, size)`.
        value: the same.
        visible: which keys a query may look at.
        drop: zeroes some of the softmax, in training.
        formulation: which way.

    Returns:
        `(batch, queries, heads, size)`.
    """
    is_plain = drop is None and visible.mask is None
    if formulation is Formulation.FUSED_ATTENTION and is_plain and fits_kernel(query, key):
        return fused_attention(query, key, value, is_causal=visible.is_causal)
    allowed = visible.pairs(query.shape[1], key.shape[1])
    if formulation.is_stock and drop is None:
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
