"""Jobs for end-to-end tests: one that is over at once, one that gives time to interfere."""

from __future__ import annotations

from typing import Any

CNN: dict[str, Any] = {
    "layers": [
        {"type": "conv2d", "filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"},
        {"type": "max_pool2d", "pool_size": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 10},
    ]
}


def a_short_job(**changes: object) -> dict[str, Any]:
    """Return a job of a few dozen steps."""
    job: dict[str, Any] = {
        "name": "short",
        "model": {"layers": [16, 4]},
        "dataset": "synthetic://classification?samples=256&features=8&classes=4&seed=1",
        "batch_size": 32,
        "epochs": 3,
    }
    return job | changes


def a_long_job(*, epochs: int = 200, **changes: object) -> dict[str, Any]:
    """Return a job of some seconds, with a checkpoint long before its end."""
    job: dict[str, Any] = {
        "name": "long",
        "model": CNN,
        "dataset": "builtin://digits",
        "batch_size": 32,
        "epochs": epochs,
        "hyperparameters": {"optimizer": "adam", "learning_rate": 0.001, "seed": 3},
    }
    return job | changes
