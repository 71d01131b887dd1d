"""Copying a tree of device arrays without compiling anything: the original is about to be donated."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import numpy.typing as npt


def copy_tree(tree: Any) -> Any:
    """Copy every array: to host memory from a CPU device, on the device itself elsewhere.

    The device copy is only queued; the runtime keeps it before any later donation.
    """
    return jax.tree.map(_copied, tree)


def _copied(array: jax.Array) -> npt.NDArray[Any] | jax.Array:
    device = next(iter(array.devices()))
    if device.platform == "cpu":
        return np.array(array, copy=True)
    copied: jax.Array = jax.device_put(array, device, may_alias=False)
    return copied
