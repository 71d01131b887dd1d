"""The best epoch so far: the one with the lowest validation loss, the earliest of equals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import numpy as np

from server_node.training.layers.layer import Arrays

Model = tuple[tuple[Arrays, ...], tuple[Arrays, ...]]
"""Weights and statistics, by layer."""


@dataclass(frozen=True, slots=True)
class BestSoFar:
    """An epoch that no later one has beaten yet.

    Attributes:
        epoch: counted from 1.
        step: finished steps at its end.
        loss: of its validation.
        model: a copy of what was judged, on the host or on the device; None where the job wants its last weights.
    """

    epoch: int
    step: int
    loss: float
    model: Model | None


def is_better(loss: float, best: BestSoFar | None) -> bool:
    """Tell whether a validation loss beats the best one; one that is no finite number never does."""
    return math.isfinite(loss) and (best is None or loss < best.loss)


def has_finite_weights(model: Model) -> bool:
    """Tell whether every number of a model is one; reads all of them on the host, array by array."""
    return all(bool(np.isfinite(np.asarray(leaf)).all()) for leaf in jax.tree.leaves(model))
