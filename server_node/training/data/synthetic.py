"""`synthetic://…`: learnable data made from a seed, the same bits for the same parameters.

Classes are noisy copies of one random pattern each; regression targets are a fixed smooth function plus a little noise.
Tokens are in `synthetic_tokens`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import assert_never

import numpy as np

from server_node.training.data.dataset import Dataset, Inputs
from server_node.training.data.synthetic_tokens import SUCCESSORS, next_tokens, token_classes, token_pairs
from server_node.training.randomness import Purpose, random_stream
from shared.errors import BadData
from shared.model_definition.graph import Shape
from shared.synthetic_dataset import (
    SyntheticClassification,
    SyntheticDataset,
    SyntheticImages,
    SyntheticPairs,
    SyntheticRegression,
    SyntheticSequences,
    SyntheticTokens,
)

NOISE = np.float32(0.5)
REGRESSION_NOISE = np.float32(0.01)


def make_synthetic(what: SyntheticDataset, name: str, limit_bytes: int) -> Dataset:
    """Make a dataset without a test split of its own.

    Raises:
        BadData: when it would be larger than `limit_bytes`.
    """
    made = _made(what, name, limit_bytes)
    return _reconstructing(made) if what.reconstructs_input else made


def _made(what: SyntheticDataset, name: str, limit_bytes: int) -> Dataset:
    match what:
        case SyntheticClassification():
            return _classes(what.samples, (what.features,), what.classes, what.seed, name, limit_bytes)
        case SyntheticImages():
            shape = (what.height, what.width, what.channels)
            return _classes(what.samples, shape, what.classes, what.seed, name, limit_bytes)
        case SyntheticSequences():
            return _classes(what.samples, (what.length, what.features), what.classes, what.seed, name, limit_bytes)
        case SyntheticRegression():
            return _regression(what, name, limit_bytes)
        case SyntheticTokens():
            check_size(name, what.samples * (what.length + 1) * 2 + what.vocab * SUCCESSORS, limit_bytes)
            return next_tokens(what, name) if what.classes == 0 else token_classes(what, name)
        case SyntheticPairs():
            check_size(name, what.samples * what.length * 4, limit_bytes)
            return token_pairs(what, name)
        case _:
            assert_never(what)


def _reconstructing(made: Dataset) -> Dataset:
    return replace(made, targets=made.inputs, classes=made.tokens)


def _classes(samples: int, shape: Shape, classes: int, seed: int, name: str, limit_bytes: int) -> Dataset:
    values = math.prod(shape)
    check_size(name, (samples + classes) * values, limit_bytes)
    rng = random_stream(seed, Purpose.SYNTHETIC_DATA)
    patterns = rng.standard_normal((classes, values), dtype=np.float32)
    labels = rng.permutation(np.arange(samples) % classes).astype(np.int32)
    inputs: Inputs = rng.standard_normal((samples, values), dtype=np.float32)
    inputs *= NOISE
    inputs += patterns[labels]
    return Dataset(name, inputs.reshape(samples, *shape), labels, samples, classes)


def _regression(what: SyntheticRegression, name: str, limit_bytes: int) -> Dataset:
    check_size(name, what.samples * (what.features + what.outputs) + what.features * what.outputs, limit_bytes)
    rng = random_stream(what.seed, Purpose.SYNTHETIC_DATA)
    directions = rng.standard_normal((what.features, what.outputs), dtype=np.float32) / np.float32(
        math.sqrt(what.features)
    )
    inputs: Inputs = rng.standard_normal((what.samples, what.features), dtype=np.float32)
    projected = inputs @ directions
    noise = rng.standard_normal(projected.shape, dtype=np.float32) * REGRESSION_NOISE
    targets = projected + np.float32(0.5) * np.tanh(projected) + noise
    return Dataset(name, inputs, targets, what.samples, classes=None)


def check_size(name: str, values: int, limit_bytes: int) -> None:
    """Refuse more 4-byte numbers than `limit_bytes` hold."""
    needed = values * np.dtype(np.float32).itemsize
    if needed > limit_bytes:
        raise BadData(
            f"{name}: expected at most {limit_bytes:,} bytes of numbers, this asks for {needed:,}", field="dataset"
        )
