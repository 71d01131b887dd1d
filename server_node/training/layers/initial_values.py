"""The values that weights begin with, drawn by numpy on the host: a compiled draw costs seconds at a cold start."""

from __future__ import annotations

import math

import numpy as np

from server_node.training.layers.layer import FloatArray
from shared.model_definition.graph import Shape

RECTIFIERS = frozenset({"relu", "leaky_relu", "elu", "gelu", "swish", "mish"})
"""Activations that let about half of their input through, so that what comes in must vary twice as much."""


def he_uniform(rng: np.random.Generator, shape: Shape, fan_in: int) -> FloatArray:
    """Draw with variance 2 / fan_in, for what a rectifier follows (He et al. 2015)."""
    return _uniform(rng, shape, 2.0 / fan_in)


def lecun_uniform(rng: np.random.Generator, shape: Shape, fan_in: int) -> FloatArray:
    """Draw with variance 1 / fan_in, for what no rectifier follows (LeCun et al. 1998)."""
    return _uniform(rng, shape, 1.0 / fan_in)


def zeros(shape: Shape) -> FloatArray:
    """Give zeros of float32."""
    return np.zeros(shape, np.float32)


def ones(shape: Shape) -> FloatArray:
    """Give ones of float32."""
    return np.ones(shape, np.float32)


def _uniform(rng: np.random.Generator, shape: Shape, variance: float) -> FloatArray:
    limit = np.float32(math.sqrt(3.0 * variance))
    return (rng.random(shape, dtype=np.float32) * np.float32(2.0) - np.float32(1.0)) * limit
