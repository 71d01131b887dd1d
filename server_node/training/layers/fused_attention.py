"""Attention in one kernel for GPUs, which never writes the scores to memory (Dao et al. 2022): JAX's own, in Pallas.

It adds in a fixed order, so a run repeats bit for bit. cuDNN's attention is a third quicker still, but does not run
under XLA's deterministic flags (jaxlib 0.11.2: its compiled graph is not found).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

QUERIES_AT_ONCE = 128
KEYS_AT_ONCE = 64
SIZES_OF_HEADS = (32, 64, 128)
FIRST_GENERATION = 8
"""The first digit of the compute capability of Ampere."""


def has_kernel(device: jax.Device) -> bool:
    """Tell whether the kernel runs on it: NVIDIA's GPUs tell their compute capability, Hopper `9.0`."""
    generation = str(getattr(device, "compute_capability", "")).partition(".")[0]
    return generation.isdecimal() and int(generation) >= FIRST_GENERATION


def fits_kernel(query: jax.Array, key: jax.Array) -> bool:
    """Tell whether the kernel takes these shapes: 16-bit numbers, heads of its sizes, whole blocks of positions."""
    return (
        query.dtype in (jnp.bfloat16, jnp.float16)
        and query.shape[-1] in SIZES_OF_HEADS
        and query.shape[1] == key.shape[1]
        and query.shape[1] % QUERIES_AT_ONCE == 0
    )


def fused_attention(query: jax.Array, key: jax.Array, value: jax.Array, *, is_causal: bool) -> jax.Array:
    """Give softmax(query · keyᵀ / √size) · value, `(batch, positions, heads, size)` each.

    Args:
        query: what `fits_kernel` has accepted.
        key: the same.
        value: the same.
        is_causal: whether a position sees only itself and those before it.
    """
    from jax.experimental.pallas.ops.gpu import attention  # noqa: PLC0415 - a second to load, and only GPUs need it

    blocks = attention.BlockSizes(
        block_q=QUERIES_AT_ONCE,
        block_k=KEYS_AT_ONCE,
        block_q_dkv=KEYS_AT_ONCE,
        block_kv_dkv=KEYS_AT_ONCE,
        block_q_dq=KEYS_AT_ONCE,
        block_kv_dq=KEYS_AT_ONCE,
    )
    attended: jax.Array = attention.mha(
        query,
        key,
        value,
        None,
        sm_scale=query.shape[-1] ** -0.5,
        causal=is_causal,
        block_sizes=blocks,
    )
    return attended
