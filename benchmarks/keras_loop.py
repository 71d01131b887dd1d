"""The works of `workloads` in Keras 3 on its JAX backend, trained by `model.fit`.

`python -m benchmarks.keras_loop mlp` is a child of `rounds`. It answers with no ways where Keras is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.rounds import Pace, Stopwatch, Way, serve_ways
from benchmarks.workloads import (
    BLOCKS,
    CLASSES,
    HEADS,
    LEARNING_RATE,
    LENGTH,
    VOCABULARY,
    WIDTH,
    Workload,
    make_workload,
)

os.environ["KERAS_BACKEND"] = "jax"
keras: Any = importlib.import_module("keras") if importlib.util.find_spec("keras") else None


def keras_ways(workload: Workload) -> dict[str, Way]:
    """Give `fit` on arrays in memory, as Keras sets it by default: silent, shuffled, compiled."""
    if keras is None:
        return {}
    model = MODELS[workload.name]()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss)

    def train() -> Pace:
        watch = Stopwatch()
        model.fit(
            workload.inputs,
            workload.labels,
            batch_size=workload.batch_size,
            epochs=workload.epochs,
            shuffle=True,
            verbose=0,
        )
        return watch.pace(workload.samples_a_round)

    return {"fit": train}


def _mlp() -> Any:
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((784,)), dense(256, "relu"), dense(128, "relu"), dense(CLASSES)])


def _cnn() -> Any:
    layers = keras.layers
    rows = [keras.Input((28, 28, 1))]
    for filters in (32, 64):
        rows += [layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.MaxPooling2D(2)]
    return keras.Sequential([*rows, layers.Flatten(), layers.Dense(CLASSES)])


def _lm() -> Any:
    layers = keras.layers
    tokens = keras.Input((LENGTH,), dtype="int32")
    positions = layers.Embedding(LENGTH, WIDTH)(keras.ops.arange(LENGTH))
    values = layers.Embedding(VOCABULARY, WIDTH)(tokens) + positions
    for _ in range(BLOCKS):
        own = layers.LayerNormalization(epsilon=1e-5)(values)
        values = values + layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(own, own, use_causal_mask=True)
        inner = layers.Dense(4 * WIDTH, "gelu")(layers.LayerNormalization(epsilon=1e-5)(values))
        values = values + layers.Dense(WIDTH)(inner)
    head = layers.Dense(VOCABULARY, use_bias=False)
    return keras.Model(tokens, head(layers.LayerNormalization(epsilon=1e-5)(values)))


MODELS: dict[str, Callable[[], Any]] = {"mlp": _mlp, "cnn": _cnn, "lm": _lm}

if __name__ == "__main__":
    serve_ways(keras_ways(make_workload(sys.argv[1])))
