"""A user's own loss in the place of the job's: computed from the weights and inputs that `apply` has just been given.

The engine asks a loss for one number an example, from outputs and targets. The application it asks about is always
the one that was traced just before, in the same function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp

from server_node.training.losses import LOSSES
from server_node.user_code.messages import UserCodeFailed
from server_node.user_code.user_network import UserNetwork


def use_loss(loss: Callable[..., Any], network: UserNetwork) -> None:
    """Let every loss of this process be the user's."""

    def losses(_outputs: jax.Array, targets: jax.Array, *_numbers: jax.Array) -> jax.Array:
        applied = network.last_application
        assert applied is not None, "a loss is asked for after its application"
        batch = {"x": applied.inputs, "y": targets}
        return _one_an_example(loss(applied.params, batch, key=applied.key), targets.shape[0])

    table = cast("dict[Any, Any]", LOSSES)
    for name in table:
        table[name] = losses


def _one_an_example(values: Any, batch: int) -> jax.Array:
    found = jnp.asarray(values)
    if found.shape != (batch,) or not jnp.issubdtype(found.dtype, jnp.floating):
        raise UserCodeFailed(
            f"loss must return one real number an example, shape ({batch},) for this batch, got {found.dtype} "
            f"{found.shape}: leave the mean to the job, whose last batch may be filled up with what does not count"
        )
    return found
