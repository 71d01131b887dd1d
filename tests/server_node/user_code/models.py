"""User's files for tests, and jobs of them."""

from __future__ import annotations

from typing import Any

from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.user_model import user_model_from_bytes

DATASET = "synthetic://classification?samples=100&features=8&classes=3&seed=1"
MLP = """
import math

import jax
import jax.numpy as jnp


def init(key, input_shape):
    first, second = jax.random.split(key)
    width = math.prod(input_shape)
    return {
        "hidden": {"w": jax.random.normal(first, (width, 16)) / width**0.5, "b": jnp.zeros(16)},
        "out": {"w": jax.random.normal(second, (16, 3)) / 4, "b": jnp.zeros(3)},
    }


def apply(params, x, *, key, train):
    hidden = jax.nn.relu(x @ params["hidden"]["w"] + params["hidden"]["b"])
    if train:
        hidden = hidden * jax.random.bernoulli(key, 0.9, hidden.shape) / 0.9
    return hidden @ params["out"]["w"] + params["out"]["b"]
"""


def a_user_job(source: str = MLP, **fields: Any) -> JobSpec:
    """Return a job of a user's file called `mine.py`; 7 steps an epoch."""
    values = {
        "model": user_model_from_bytes("mine.py", source.encode()).definition(),
        "dataset": DATASET,
        "batch_size": 16,
        "epochs": 3,
        "hyperparameters": {"seed": 7, "learning_rate": 0.01},
    }
    return job_spec_from_mapping(values | fields)


def that_does(line: str) -> str:
    """Return a file whose `init` does something; the line is the file's fourth."""
    return f"import os, socket, time\nimport numpy as np\ndef init(key, input_shape):\n    {line}\n{_REST}"


_REST = """
    return {"w": np.zeros((8, 3))}

def apply(params, x, *, key, train):
    return x @ params["w"]
"""
