"""What kind of question a model answers, from which follows when an answer is right and which metrics make sense."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

import jax
import jax.numpy as jnp

from server_node.training.losses.label_values import mean_over_values, target_values
from shared.model_definition.graph import Shape

BINARY_LOSSES = frozenset({"bce", "bce_with_logits"})


class Task(StrEnum):
    """The kinds of questions."""

    CLASSES = "classes"
    """One class of many, for an example or for each of its tokens: the largest output is the answer."""
    BINARY = "binary"
    """Yes or no, once or many times."""
    VALUES = "values"
    """Real numbers, which are near or far and never right."""


def task_of(loss: str, outputs: Shape, *, has_labels: bool) -> Task:
    """Tell the kind of question from the loss, the shape of one example's outputs, and whether targets are labels."""
    if has_labels and outputs != () and outputs[-1] > 1:
        return Task.CLASSES
    return Task.BINARY if loss in BINARY_LOSSES else Task.VALUES


def right_share(task: Task, loss: str, outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """Give the share of an example's answers that are right, `(batch,)` float32; 0 where nothing can be right."""
    match task:
        case Task.CLASSES:
            return _shares(jnp.argmax(outputs, axis=-1).astype(jnp.int32) == targets)
        case Task.BINARY:
            return _shares((outputs > threshold(loss)) == (target_values(targets, outputs) > 0.5))
        case Task.VALUES:
            return jnp.zeros(outputs.shape[0], jnp.float32)
        case _ as never:
            assert_never(never)


def _shares(is_right: jax.Array) -> jax.Array:
    shares = is_right.astype(jnp.float32)
    return shares if shares.ndim == 1 else mean_over_values(shares)


def threshold(loss: str) -> float:
    """Give the output above which the answer is yes."""
    return 0.0 if loss == "bce_with_logits" else 0.5
