"""Jobs for the tests in the browser. All share one small model, so that a node compiles it once."""

from __future__ import annotations

from typing import Any

DATASET = "synthetic://classification?samples=256&features=8&classes=4&seed=1"
LARGE_DATASET = "synthetic://classification?samples=65536&features=8&classes=4&seed=1"
"""An epoch of it takes long enough that a job without end fills no disk with reports."""


def a_job(name: str = "short", *, epochs: int = 3, learning_rate: float = 0.01, **changes: object) -> dict[str, Any]:
    """Return a job that is over at once."""
    job: dict[str, Any] = {
        "name": name,
        "model": {"layers": [16, 4]},
        "dataset": DATASET,
        "batch_size": 32,
        "epochs": epochs,
        "hyperparameters": {"optimizer": "adam", "learning_rate": learning_rate, "seed": 1, "validation_split": 0.1},
        "labels": {"team": "browser"},
    }
    return job | changes


def an_endless_job(name: str = "endless") -> dict[str, Any]:
    """Return a job that trains until somebody stops it."""
    return a_job(name, epochs=1_000_000, dataset=LARGE_DATASET)


def a_job_for_a_gpu(name: str = "waits for a GPU") -> dict[str, Any]:
    """Return a job that waits: the test's nodes have none."""
    return a_job(name, resources={"device": "cuda"})
