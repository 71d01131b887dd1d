"""The values that weights begin with, drawn by numpy on the host: a compiled draw costs seconds at a cold start."""

from __future__ import annotations

import math

import numpy as np

from server_node.training.layers.layer import FloatArray
from shared.model_definition.graph import Shape


def glorot_uniform(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> FloatArray:
    """Draw uniformly from ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""
    limit = np.float32(math.sqrt(6.0 / (fan_in + fan_out)))
    return (rng.random(shape, dtype=np.float32) * np.float32(2.0) - np.float32(1.0)) * limit


def zeros(shape: Shape) -> FloatArray:
    """Give zeros of float32."""
    return np.zeros(shape, np.float32)


def ones(shape: Shape) -> FloatArray:
    """Give ones of float32."""
    return np.ones(shape, np.float32)
