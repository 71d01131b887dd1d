"""Attention between projected queries, keys and values, in formulations that give the same values.

On CPUs the scores are written out; elsewhere JAX's own attention is used, unless scores are dropped: in one kernel of
cuDNN, which never writes the scores to memory, where there is one for the shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.layer import Formulation

ScoreChange = Callable[[jax.Array], jax.Array]
LARGEST_HEAD_OF_CUDNN = 128
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
    if formulation is Formulation.FUSED_ATTENTION and drop is None and _is_for_cudnn(query, key, visible):
        return jax.nn.dot_product_attention(query, key, value, is_causal=visible.is_causal, implementation="cudnn")
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


def _is_for_cudnn(query: jax.Array, key: jax.Array, visible: Visible) -> bool:
    """Tell whether cuDNN has a kernel for it: 16-bit numbers, heads of its sizes, no mask but the causal one."""
    size = query.shape[-1]
    is_square = query.shape[1] == key.shape[1]
    return (
        query.dtype in (jnp.bfloat16, jnp.float16)
        and size % 8 == 0
        and size <= LARGEST_HEAD_OF_CUDNN
        and visible.mask is None
        and (is_square or not visible.is_causal)
    )
