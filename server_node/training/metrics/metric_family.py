"""What a family of metrics is: sums that batches add to on the device, and values that the host reads off them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from shared.model_definition.graph import Shape

Sums = Mapping[str, jax.Array]
HostSums = Mapping[str, npt.NDArray[Any]]
Start = Callable[[Shape], HostSums]
Add = Callable[[Sums, jax.Array, jax.Array, jax.Array], Sums]
Value = Callable[[HostSums], float]


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """Metrics that share their sums.

    Attributes:
        start: from one example's output shape to the sums over no examples.
        add: `(sums, outputs, targets, is_real)` to the sums with one batch more; `is_real` is `(batch,)` bool.
        values: from a metric's name to what reads it off the sums.
    """

    start: Start
    add: Add
    values: Mapping[str, Value]


def share(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Divide, giving 0 where nothing is divided by nothing."""
    whole_values = np.asarray(whole, np.float64)
    return np.asarray(part, np.float64) / np.where(whole_values == 0, 1.0, whole_values)
