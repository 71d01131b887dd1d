"""How far real answers are off: the mean absolute error, and the share of the targets' variance that is explained."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.losses.label_values import target_values
from server_node.training.metrics.metric_family import HostSums, MetricFamily, Sums
from shared.model_definition.graph import Shape


def start(outputs: Shape) -> HostSums:
    """Begin with no values; `spread` is the sum of squared distances of the targets from their mean.

    `mean` is counted from `origin`, the first target, so that targets that are all the same have no spread at all.
    """
    values = np.zeros(int(np.prod(outputs)), np.float32)
    zero = np.zeros((), np.float32)
    return {"count": zero, "absolute": zero, "squared": values, "origin": values, "mean": values, "spread": values}


def add(sums: Sums, outputs: jax.Array, targets: jax.Array, is_real: jax.Array) -> Sums:
    """Merge one batch's means and spreads into the sums (Chan 1979), which loses no digits as sums of squares would."""
    mask = is_real.astype(jnp.float32)[:, None]
    wanted = target_values(targets, outputs).reshape(outputs.shape[0], -1)
    errors = (outputs.reshape(outputs.shape[0], -1) - wanted) * mask
    new = jnp.sum(mask)
    origin = jnp.where(sums["count"] > 0, sums["origin"], wanted[jnp.argmax(is_real)])
    moved = wanted - origin[None, :]
    new_mean = jnp.sum(moved * mask, axis=0) / jnp.maximum(new, 1.0)
    new_spread = jnp.sum(jnp.square(moved - new_mean[None, :]) * mask, axis=0)
    count = sums["count"] + new
    shift = new_mean - sums["mean"]
    new_share = new / jnp.maximum(count, 1.0)
    return {
        "count": count,
        "absolute": sums["absolute"] + jnp.sum(jnp.mean(jnp.abs(errors), axis=-1)),
        "squared": sums["squared"] + jnp.sum(jnp.square(errors), axis=0),
        "origin": origin,
        "mean": sums["mean"] + shift * new_share,
        "spread": sums["spread"] + new_spread + jnp.square(shift) * sums["count"] * new_share,
    }


def mae(sums: HostSums) -> float:
    """Give the mean absolute error over all values."""
    return float(sums["absolute"]) / max(float(sums["count"]), 1.0)


def r2(sums: HostSums) -> float:
    """Give 1 − squared errors / spread, averaged over the outputs whose targets differ at all; 0 where none do."""
    has_spread = sums["spread"] > 0
    if not has_spread.any():
        return 0.0
    explained = 1.0 - sums["squared"][has_spread].astype(np.float64) / sums["spread"][has_spread]
    return float(np.mean(explained))


DEVIATIONS = MetricFamily(start, add, {"mae": mae, "r2": r2})
