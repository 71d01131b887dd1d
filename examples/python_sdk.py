"""Trains on an array of its own through the SDK and uses the weights: `python examples/python_sdk.py`.

It needs a running cluster (`cyxwiz up`); CYXWIZ_SERVER says where, when it is not on this machine's usual port.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import cyxwiz

Array = np.ndarray[Any, np.dtype[Any]]

MODEL = {"layers": [{"type": "dense", "units": 16, "activation": "relu"}, {"type": "dense", "units": 2}]}


def two_rings(count: int, seed: int) -> tuple[Array, Array]:
    """Points of the plane on two rings, `(count, 2)` float32, and which ring each is on."""
    draw = np.random.default_rng(seed)
    ring = draw.integers(0, 2, count)
    angle = draw.uniform(0, 2 * np.pi, count)
    radius = 1.0 + ring + draw.normal(0, 0.15, count)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return points.astype(np.float32), ring


def predict(weights: Mapping[str, Array], x: Array) -> Array:
    """What the trained network says, in plain numpy."""
    hidden = np.maximum(x @ weights["dense_1.kernel"] + weights["dense_1.bias"], 0)
    logits = hidden @ weights["dense_2.kernel"] + weights["dense_2.bias"]
    ring: Array = logits.argmax(axis=1)
    return ring


def main() -> None:
    """Hand in data, train, watch, take the weights home, use them."""
    with cyxwiz.Client() as client:
        job = client.submit(
            name="two-rings",
            model=MODEL,
            dataset=two_rings(2_000, seed=1),
            batch_size=50,
            epochs=40,
            hyperparameters={"optimizer": "adam", "learning_rate": 0.01, "seed": 1},
        )
        for info in job.watch():
            print(
                f"{info.state}  step {info.step}/{info.steps_total}  loss {info.metrics.get('loss', float('nan')):.4f}"
            )
        model = job.result()
        _, losses = job.metrics().curve("loss")
    print("trained arrays:", {name: array.shape for name, array in model.weights.items()})
    print(f"loss from {losses[0]:.3f} to {losses[-1]:.3f} over {len(losses)} reports")
    x, y = two_rings(500, seed=2)
    accuracy = float(np.mean(predict(model.weights, x) == y))
    print(f"accuracy on new points: {accuracy:.3f}")
    if accuracy < 0.95:
        raise SystemExit("the network should do better than 0.95 here")


if __name__ == "__main__":
    main()
