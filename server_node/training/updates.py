"""From gradients to new weights: what is done to gradients first, the optimizer's step, the average of the weights."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax

from server_node.training.gradient_changes import clipped, decayed
from server_node.training.layers.layer import Arrays
from server_node.training.numbers import Numbers
from server_node.training.optimizers import OPTIMIZERS
from server_node.training.program_structure import ProgramStructure
from server_node.training.train_state import TrainState


def updated(
    structure: ProgramStructure, state: TrainState, gradients: tuple[Arrays, ...], rate: jax.Array, numbers: Numbers
) -> tuple[tuple[Arrays, ...], optax.OptState]:
    """Give the weights one update later, and the optimizer's new state."""
    chosen = OPTIMIZERS[structure.optimizer]
    # optax mixes integers and floats in its bias correction
    with jax.numpy_dtype_promotion("standard"):
        if structure.clips_gradients:
            gradients = clipped(gradients, numbers.gradient_clip_norm)
        if chosen.decays_gradient:
            gradients = decayed(gradients, state.weights, numbers.weight_decay)
        updates, optimizer = chosen.make(rate, numbers).update(gradients, state.optimizer, state.weights)
        return optax.apply_updates(state.weights, updates), optimizer


def averaged(
    structure: ProgramStructure, state: TrainState, weights: tuple[Arrays, ...], numbers: Numbers
) -> tuple[Arrays, ...]:
    """Give the average one update later, `()` in programs that keep none.

    With decay d the newest weights count (1 − d) / (1 − dᵗ) at step t, which is the exponential average corrected for
    having begun from nothing: after the first step it is the weights themselves.
    """
    if not structure.is_averaged:
        return ()
    steps = (state.step + 1).astype(jnp.float32)
    share = (1.0 - numbers.ema_decay) / (1.0 - numbers.ema_decay**steps)

    def move(average: jax.Array, newest: jax.Array) -> jax.Array:
        return average + share * (newest - average)

    moved: tuple[Arrays, ...] = jax.tree.map(move, state.averaged, weights)
    return moved
