"""Precision, recall and F1, computed class by class and averaged over the classes that occur, each weighing the same.

A class occurs when an example has it or is said to have it; a share of nothing counts as 0.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from server_node.training.metrics.metric_family import HostSums, MetricFamily, Sums, share
from shared.model_definition.graph import Shape


def start(outputs: Shape) -> HostSums:
    """Begin with no example of any class."""
    none = np.zeros(outputs[-1], np.int32)
    return {"hits": none, "said": none, "true": none}


def add(sums: Sums, outputs: jax.Array, targets: jax.Array, is_real: jax.Array) -> Sums:
    """Count `(batch, classes)` outputs against `(batch,)` labels."""
    answers = jnp.argmax(outputs, axis=-1).astype(jnp.int32)
    is_hit = is_real & (answers == targets)
    return {
        "hits": sums["hits"].at[targets].add(is_hit.astype(jnp.int32)),
        "said": sums["said"].at[answers].add(is_real.astype(jnp.int32)),
        "true": sums["true"].at[targets].add(is_real.astype(jnp.int32)),
    }


def precision(sums: HostSums) -> float:
    """Give the share of answers that are right, by class."""
    return _mean(sums, share(sums["hits"], sums["said"]))


def recall(sums: HostSums) -> float:
    """Give the share of a class's examples that are found, by class."""
    return _mean(sums, share(sums["hits"], sums["true"]))


def f1(sums: HostSums) -> float:
    """Give the harmonic mean of precision and recall, by class."""
    return _mean(sums, share(2 * sums["hits"], sums["said"] + sums["true"]))


def _mean(sums: HostSums, by_class: npt.NDArray[Any]) -> float:
    occurs = (sums["said"] + sums["true"]) > 0
    return float(np.mean(by_class[occurs])) if occurs.any() else 0.0


CLASS_BALANCE = MetricFamily(start, add, {"precision": precision, "recall": recall, "f1": f1})
