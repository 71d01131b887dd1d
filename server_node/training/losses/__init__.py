"""The losses, by name: each gives one number an example, so that the mask of a partial batch can weigh them.

To add one: a file with its function, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax

from server_node.training.losses.cross_entropy import cross_entropy
from server_node.training.losses.mean_squared_error import mean_squared_error

Loss = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
"""`(outputs, targets, label_smoothing)` to `(batch,)` float32."""

LOSSES: Mapping[str, Loss] = {"cross_entropy": cross_entropy, "mse": mean_squared_error}
