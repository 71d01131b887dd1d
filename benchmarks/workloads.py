"""The works that training speed is measured on: one set of data, shapes and settings for everyone who trains them.

Imports numpy alone, so that a contender brings in nothing of another. Everyone trains with Adam at `LEARNING_RATE` on
the mean cross-entropy, in float32, shuffling every epoch and dropping no example (sizes are whole batches).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Values = np.ndarray[Any, np.dtype[Any]]
LEARNING_RATE = 1e-3
CLASSES = 10
VOCABULARY, LENGTH, WIDTH, BLOCKS, HEADS = 256, 128, 128, 4, 4


@dataclass(frozen=True, slots=True)
class Workload:
    """One work.

    Attributes:
        name: as it is asked for on the command line.
        title: as it is printed.
        inputs: one row an example, channels last.
        labels: int32, one an example, or one for each of its tokens.
        batch_size: examples a step.
        epochs: passes over the data that one timed round takes.
    """

    name: str
    title: str
    inputs: Values
    labels: Values
    batch_size: int
    epochs: int

    @property
    def samples_a_round(self) -> int:
        """How many examples one timed round trains on."""
        return len(self.labels) * self.epochs


def make_workload(name: str) -> Workload:
    """Give a work by name, the same bits every time: random values, for speed does not depend on what they are."""
    rng = np.random.default_rng(0)
    match name:
        case "mlp":
            inputs = rng.standard_normal((16_384, 784), np.float32)
            return Workload(name, "MLP 784-256-128-10, batch 64", inputs, _classes(rng, 16_384), 64, 2)
        case "cnn":
            inputs = rng.random((640, 28, 28, 1), np.float32)
            return Workload(name, "CNN 32-64 on 28×28, batch 128", inputs, _classes(rng, 640), 128, 1)
        case "lm":
            tokens = rng.integers(0, VOCABULARY, (96, LENGTH + 1), np.int32)
            title = f"LM of {BLOCKS} blocks, {WIDTH} wide, sequence {LENGTH}, batch 16"
            return Workload(name, title, tokens[:, :-1].copy(), tokens[:, 1:].copy(), 16, 1)
        case _:
            raise ValueError(f"expected one of {', '.join(WORKLOADS)}, got {name}")


def _classes(rng: np.random.Generator, examples: int) -> Values:
    return rng.integers(0, CLASSES, examples, np.int32)


def shuffled_batches(workload: Workload, rng: np.random.Generator) -> Values:
    """Give one epoch's order `(batches, batch_size)` int32."""
    return rng.permutation(len(workload.labels)).astype(np.int32).reshape(-1, workload.batch_size)


WORKLOADS = ("mlp", "cnn", "lm")
MODELS: Mapping[str, Mapping[str, Any]] = {
    "mlp": {
        "layers": [
            {"type": "dense", "units": 256, "activation": "relu"},
            {"type": "dense", "units": 128, "activation": "relu"},
            {"type": "dense", "units": CLASSES},
        ]
    },
    "cnn": {
        "layers": [
            {"type": "conv2d", "filters": 32, "kernel_size": 3, "padding": "same", "activation": "relu"},
            {"type": "max_pool2d", "pool_size": 2},
            {"type": "conv2d", "filters": 64, "kernel_size": 3, "padding": "same", "activation": "relu"},
            {"type": "max_pool2d", "pool_size": 2},
            {"type": "flatten"},
            {"type": "dense", "units": CLASSES},
        ]
    },
    "lm": {
        "architecture": "gpt",
        "width": WIDTH,
        "depth": BLOCKS,
        "num_heads": HEADS,
        "vocab_size": VOCABULARY,
        "context": LENGTH,
        "dropout": 0.0,
    },
}
"""What each work trains, as a job file says it; the others write the same by hand."""
