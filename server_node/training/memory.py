"""What a training takes of its device's memory, known before it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np


@dataclass(frozen=True, slots=True)
class MemoryAccount:
    """Bytes by purpose.

    Attributes:
        program_bytes: compiled code and its temporary memory at the largest.
        data_bytes: all examples and the orders in which they are visited.
        state_bytes: weights, statistics and optimizer, twice: a checkpoint copies before the state is donated.
    """

    program_bytes: int
    data_bytes: int
    state_bytes: int

    @property
    def total_bytes(self) -> int:
        """What admission counts."""
        return self.program_bytes + self.data_bytes + self.state_bytes


def tree_bytes(tree: Any) -> int:
    """Add up a tree of arrays or of shapes."""
    return sum(int(np.prod(leaf.shape)) * np.dtype(leaf.dtype).itemsize for leaf in jax.tree.leaves(tree))
