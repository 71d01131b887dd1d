"""The jobs that benchmarks run, as job files would say them."""

from __future__ import annotations

from collections.abc import Mapping

JobFile = Mapping[str, object]

TINY: JobFile = {
    "name": "tiny",
    "model": {"layers": [{"type": "dense", "units": 2}]},
    "dataset": "synthetic://classification?samples=8&features=2&classes=2&seed=1",
    "batch_size": 8,
    "epochs": 1,
}
"""The smallest job there is: one step on eight rows."""

SMALL_MLP: JobFile = {
    "name": "small-mlp",
    "model": {"layers": [{"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 10}]},
    "dataset": "builtin://digits",
    "batch_size": 64,
    "epochs": 1,
}

MLP: JobFile = {
    "name": "mlp",
    "model": {
        "layers": [
            {"type": "dense", "units": 256, "activation": "relu"},
            {"type": "dense", "units": 128, "activation": "relu"},
            {"type": "dense", "units": 10},
        ]
    },
    "dataset": "synthetic://classification?samples=8192&features=784&classes=10&seed=1",
    "batch_size": 64,
    "epochs": 1,
}

DIGITS_CNN: JobFile = {
    "name": "digits-cnn",
    "model": {
        "layers": [
            {"type": "conv2d", "filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"},
            {"type": "max_pool2d", "pool_size": 2},
            {"type": "flatten"},
            {"type": "dense", "units": 10},
        ]
    },
    "dataset": "builtin://digits",
    "batch_size": 64,
    "epochs": 20,
    "hyperparameters": {"optimizer": "adam", "learning_rate": "0.001"},
}

CNN28: JobFile = {
    "name": "cnn-28",
    "model": {
        "layers": [
            {"type": "conv2d", "filters": 32, "activation": "relu"},
            {"type": "max_pool2d"},
            {"type": "conv2d", "filters": 64, "activation": "relu"},
            {"type": "max_pool2d"},
            {"type": "flatten"},
            {"type": "dense", "units": 10},
        ]
    },
    "dataset": "synthetic://images?samples=2048&height=28&width=28&channels=1&classes=10&seed=1",
    "batch_size": 128,
    "epochs": 1,
    "hyperparameters": {"optimizer": "adam"},
}
