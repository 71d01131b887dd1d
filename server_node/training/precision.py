"""Computing in bfloat16 with weights in float32: what is cast where.

Weights, statistics and the optimizer stay float32; each layer sees casts of them, and gradients come back through the
casts in float32. The kinds in `FLOAT32_KINDS` compute in float32 whatever the job asks for.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

FLOAT32_KINDS = frozenset(
    {"batch_norm", "layer_norm", "group_norm", "instance_norm", "normalize", "softmax", "dropout", "embedding"}
    | {"gaussian_sample"}
)
"""Eight bits of mantissa are too few for these, and for the number of a token."""


def computing_type(precision: str, kind: str) -> Any:
    """Give the type in which a kind of layer computes."""
    return jnp.bfloat16 if precision == "bfloat16" and kind not in FLOAT32_KINDS else jnp.float32


def as_computed(tree: Any, dtype: Any) -> Any:
    """Cast the real arrays of a tree; integers stay what they are."""

    def cast(array: jax.Array) -> jax.Array:
        return array.astype(dtype) if jnp.issubdtype(array.dtype, jnp.floating) else array

    return jax.tree.map(cast, tree)
