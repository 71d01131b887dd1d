"""The losses, by name: each gives one number an example, so that the mask of a partial batch can weigh them.

To add one: a file with its function, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax

from server_node.training.losses.absolute_error import absolute_error, huber
from server_node.training.losses.binary_cross_entropy import binary_cross_entropy, binary_cross_entropy_with_logits
from server_node.training.losses.cross_entropy import cross_entropy
from server_node.training.losses.mean_squared_error import mean_squared_error
from server_node.training.losses.negative_log_likelihood import negative_log_likelihood

Loss = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
"""`(outputs, targets, label_smoothing)` to `(batch,)` float32."""

LOSSES: Mapping[str, Loss] = {
    "cross_entropy": cross_entropy,
    "mse": mean_squared_error,
    "l1": absolute_error,
    "smooth_l1": huber,
    "huber": huber,
    "bce": binary_cross_entropy,
    "bce_with_logits": binary_cross_entropy_with_logits,
    "nll": negative_log_likelihood,
}
