"""Shapes that stand for arrays while a program is traced; JAX types neither them nor the trees they sit in."""

from __future__ import annotations

from typing import Any

import jax
import numpy.typing as npt
from jax.sharding import SingleDeviceSharding

from shared.model_definition.graph import Shape


def abstract(shape: Shape, dtype: npt.DTypeLike) -> Any:
    """Stand for an array of this shape and type, anywhere."""
    return jax.ShapeDtypeStruct(shape, dtype)  # type: ignore[no-untyped-call]  # JAX leaves it untyped


def pinned(tree: Any, device: jax.Device) -> Any:
    """Stand for the same arrays, on one device."""
    sharding = SingleDeviceSharding(device)

    def pin(leaf: Any) -> Any:
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)  # type: ignore[no-untyped-call]  # the same

    return jax.tree.map(pin, tree)
