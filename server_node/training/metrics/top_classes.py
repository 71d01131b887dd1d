"""The share of answers whose right class is among the five largest outputs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.losses.label_values import mean_over_values
from server_node.training.metrics.metric_family import HostSums, MetricFamily, Sums
from shared.model_definition.graph import Shape

BEST_PLACES = 5


def start(_outputs: Shape) -> HostSums:
    """Begin with nothing."""
    return {"right": np.zeros((), np.float32), "examples": np.zeros((), np.int32)}


def add(sums: Sums, outputs: jax.Array, targets: jax.Array, is_real: jax.Array) -> Sums:
    """Count `(batch, …, classes)` outputs against `(batch, …)` labels."""
    own = jnp.take_along_axis(outputs, targets[..., None], axis=-1)
    places = jax.lax.broadcasted_iota(targets.dtype, outputs.shape, outputs.ndim - 1)
    is_earlier = places < targets[..., None]
    # Of equal outputs the earlier counts as larger, and nothing is larger than a NaN, so that neither makes a hit.
    larger = jnp.sum((~(outputs <= own) | ((outputs == own) & is_earlier)).astype(jnp.int32), axis=-1)
    shares = (larger < BEST_PLACES).astype(jnp.float32)
    shares = shares if shares.ndim == 1 else mean_over_values(shares)
    return {
        "right": sums["right"] + jnp.sum(jnp.where(is_real, shares, 0.0)),
        "examples": sums["examples"] + jnp.sum(is_real, dtype=jnp.int32),
    }


def top5_accuracy(sums: HostSums) -> float:
    """Give the share of answers whose right class is among the five largest outputs."""
    return float(sums["right"]) / max(int(sums["examples"]), 1)


TOP_CLASSES = MetricFamily(start, add, {"top5_accuracy": top5_accuracy})
