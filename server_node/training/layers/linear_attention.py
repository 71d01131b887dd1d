"""Linear attention: keys and values are summed up once, so that the cost grows with the length, not its square.

Katharopoulos et al. 2020, https://arxiv.org/abs/2006.16236: φ(q)·Σ φ(k)ᵀv / (φ(q)·Σ φ(k) + eps), the sums over all
keys, or over those up to the query where it is causal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.attention import init_projections, projections
from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext
from server_node.training.layers.parameters import flag, word
from server_node.training.layers.rows import as_rows, projected

CHUNK = 64
"""Positions that a causal sum takes at once: inside they are masked products, between them running sums."""


def _elu_and_one(values: jax.Array) -> jax.Array:
    return jax.nn.elu(values) + jnp.ones((), values.dtype)


FEATURE_MAPS: Mapping[str, Callable[[jax.Array], jax.Array]] = {"elu": _elu_and_one, "relu": jax.nn.relu}


def apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Map a query `(batch, queries, width)` to `(batch, queries, embed_dim)`."""
    query, key, value = projections(weights, inputs[:3], context)
    feature_map = FEATURE_MAPS[word(context.parameters, "feature_map")]
    gather = gathered_causally if flag(context.parameters, "causal", default=False) else gathered
    attended = gather(feature_map(query), feature_map(key), value, context.numbers["eps"].astype(query.dtype))
    rows = as_rows(attended.reshape(*attended.shape[:2], -1))
    outputs = projected(rows, weights, "output")
    return outputs.reshape(*attended.shape[:2], outputs.shape[-1]), {}


def gathered(query: jax.Array, key: jax.Array, value: jax.Array, eps: jax.Array) -> jax.Array:
    """Let every query see every key; all `(batch, positions, heads, size)`, queries and keys mapped."""
    sums = jnp.einsum("bkhd,bkhe->bhde", key, value)
    weight = jnp.einsum("bqhd,bhd->bqh", query, jnp.sum(key, axis=1))
    return jnp.einsum("bqhd,bhde->bqhe", query, sums) / (weight + eps)[..., None]


def gathered_causally(query: jax.Array, key: jax.Array, value: jax.Array, eps: jax.Array) -> jax.Array:
    """Let every query see the keys up to its own position; shapes as in `gathered`, as many queries as keys."""
    length = query.shape[1]
    query, key, value = (_in_chunks(part) for part in (query, key, value))
    is_seen = jnp.asarray(np.tri(query.shape[2], dtype=np.bool_))[None, None, None]
    near = jnp.einsum("bcqhd,bckhd->bchqk", query, key)
    near = jnp.where(is_seen, near, jnp.zeros((), near.dtype))
    sums = _sums_before(jnp.einsum("bckhd,bckhe->bchde", key, value))
    key_sums = _sums_before(jnp.sum(key, axis=2))
    weight = jnp.swapaxes(jnp.sum(near, axis=-1), 2, 3) + jnp.einsum("bcqhd,bchd->bcqh", query, key_sums)
    total = jnp.einsum("bchqk,bckhe->bcqhe", near, value) + jnp.einsum("bcqhd,bchde->bcqhe", query, sums)
    gathered_chunks = total / (weight + eps)[..., None]
    return gathered_chunks.reshape(total.shape[0], -1, *total.shape[3:])[:, :length]


def _in_chunks(values: jax.Array) -> jax.Array:
    batch, length, *rest = values.shape
    filled = jnp.pad(values, ((0, 0), (0, -length % CHUNK), (0, 0), (0, 0)))
    return filled.reshape(batch, -1, CHUNK, *rest)


def _sums_before(chunks: jax.Array) -> jax.Array:
    """Give each chunk the sum of all chunks before it."""
    return jnp.cumsum(chunks, axis=1) - chunks


LINEAR_ATTENTION = Layer(init=init_projections, apply=apply, numbers=("eps",))
