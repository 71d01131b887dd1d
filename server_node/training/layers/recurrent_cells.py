"""What recurrent layers compute at one position, from the input's share and the state.

The share of the input is computed for all positions at once, beforehand. Gates stand side by side in every kernel:
LSTM input, forget, candidate, output (Hochreiter and Schmidhuber 1997, Gers et al. 2000); GRU update, reset,
candidate, the reset before the product (Cho et al. 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from shared.model_definition.kinds.recurrent_form import Cell

Activation = Callable[[jax.Array], jax.Array]


class State(NamedTuple):
    """What is remembered: `(batch, units)` each; a tuple because JAX takes it as a tree. `cell` is the LSTM's own."""

    hidden: jax.Array
    cell: jax.Array


Step = Callable[[State, jax.Array, jax.Array, Activation], State]


def rnn_step(state: State, arriving: jax.Array, kernel: jax.Array, activation: Activation) -> State:
    """Give act(x + hU) (Elman 1990)."""
    return State(activation(arriving + state.hidden @ kernel), state.cell)


def lstm_step(state: State, arriving: jax.Array, kernel: jax.Array, _activation: Activation) -> State:
    """Give c = f·c + i·g and h = o·tanh(c), the gates from x + hU."""
    enters, keeps, candidate, leaves = jnp.split(arriving + state.hidden @ kernel, 4, axis=-1)
    cell = jax.nn.sigmoid(keeps) * state.cell + jax.nn.sigmoid(enters) * jnp.tanh(candidate)
    return State(jax.nn.sigmoid(leaves) * jnp.tanh(cell), cell)


def gru_step(state: State, arriving: jax.Array, kernel: jax.Array, _activation: Activation) -> State:
    """Give h = z·h + (1 − z)·tanh(x + (r·h)U)."""
    units = state.hidden.shape[-1]
    gates = jax.nn.sigmoid(arriving[:, : 2 * units] + state.hidden @ kernel[:, : 2 * units])
    keeps, resets = gates[:, :units], gates[:, units:]
    candidate = jnp.tanh(arriving[:, 2 * units :] + (resets * state.hidden) @ kernel[:, 2 * units :])
    return State(keeps * state.hidden + (1.0 - keeps) * candidate, state.cell)


STEPS: Mapping[Cell, Step] = {Cell.RNN: rnn_step, Cell.LSTM: lstm_step, Cell.GRU: gru_step}
