"""Recurrent layers: a stack of cells that read a sequence forwards, or both ways, position by position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.activations import ACTIVATIONS
from server_node.training.layers.initial_values import lecun_uniform, zeros
from server_node.training.layers.layer import (
    Applied,
    Arrays,
    FloatArray,
    InitialArrays,
    Layer,
    LayerContext,
    Parameters,
)
from server_node.training.layers.parameters import word
from server_node.training.layers.random_zeros import dropped_in_training
from server_node.training.layers.recurrent_cells import STEPS, State
from server_node.training.layers.rows import as_rows
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.recurrent_form import Cell, Merge, RecurrentForm, bidirectional_form, recurrent_form

DIRECTIONS = ("forward", "backward")
FormOf = Callable[[Parameters], RecurrentForm]


def _init(
    form_of: FormOf, rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]
) -> InitialArrays:
    """Draw for every layer and direction a kernel, a recurrent kernel, and one bias a gate; an LSTM begins by keeping.

    Named `layer_0.forward.kernel` `(features, gates · units)`, `….recurrent_kernel` `(units, gates · units)`,
    `….bias` `(gates · units,)`.
    """
    form, features = form_of(parameters), input_shapes[0][-1]
    weights: dict[str, FloatArray] = {}
    for layer in range(form.layers):
        arriving, width = form.features_of(layer, features), form.cell.gates * form.units
        for direction in DIRECTIONS[: form.directions]:
            place = f"layer_{layer}.{direction}"
            weights[f"{place}.kernel"] = lecun_uniform(rng, (arriving, width), arriving)
            weights[f"{place}.recurrent_kernel"] = lecun_uniform(rng, (form.units, width), form.units)
            weights[f"{place}.bias"] = _initial_bias(form, width)
    return weights, {}


def _initial_bias(form: RecurrentForm, width: int) -> FloatArray:
    bias = zeros((width,))
    if form.cell is Cell.LSTM:
        bias[form.units : 2 * form.units] = 1.0  # what it forgets by default is little (Jozefowicz et al. 2015)
    return bias


def _apply(
    form_of: FormOf, weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    """Map `(batch, length, features)` to `(batch, length, width)` or to the last state `(batch, width)`."""
    form = form_of(context.parameters)
    start = _start(form, inputs)
    sequence, last = jnp.swapaxes(inputs[0], 0, 1), [start]
    for layer in range(form.layers):
        if layer > 0:
            sequence = dropped_in_training(sequence, context, layer)
        places = [f"layer_{layer}.{name}" for name in DIRECTIONS[: form.directions]]
        read = [_read(form, weights, place, sequence, start, context) for place in places]
        sequence = _merged(form, [outputs for _, outputs in read])
        last = [state for state, _ in read]
    if form.returns_sequences:
        return jnp.swapaxes(sequence, 0, 1), {}
    hidden = _merged(form, [state.hidden for state in last])
    if not form.gives_cell_state:
        return hidden, {}
    return jnp.concatenate([hidden, _merged(form, [state.cell for state in last])], axis=-1), {}


def _start(form: RecurrentForm, inputs: tuple[jax.Array, ...]) -> State:
    nothing = jnp.zeros((inputs[0].shape[0], form.units), inputs[0].dtype)
    if len(inputs) == 1:
        return State(nothing, nothing)
    given = inputs[1]
    return State(given[:, : form.units], given[:, form.units :] if given.shape[-1] > form.units else nothing)


def _read(
    form: RecurrentForm, weights: Arrays, place: str, sequence: jax.Array, start: State, context: LayerContext
) -> tuple[State, jax.Array]:
    """Read `(length, batch, features)` in one direction: the last state, and `(length, batch, units)`."""
    products = as_rows(sequence) @ weights[f"{place}.kernel"] + weights[f"{place}.bias"][None, :]
    arriving = products.reshape(*sequence.shape[:2], products.shape[-1])
    kernel, step = weights[f"{place}.recurrent_kernel"], STEPS[form.cell]
    activation = ACTIVATIONS[word(context.parameters, "activation", "tanh")]

    def at_position(state: State, share: jax.Array) -> tuple[State, jax.Array]:
        state = step(state, share, kernel, activation)
        return state, state.hidden

    is_backward = place.endswith(DIRECTIONS[1])
    read: tuple[State, jax.Array] = jax.lax.scan(at_position, start, arriving, reverse=is_backward)
    return read


def _merged(form: RecurrentForm, directions: list[jax.Array]) -> jax.Array:
    if len(directions) == 1:
        return directions[0]
    forward, backward = directions
    match form.merge:
        case Merge.CONCAT:
            return jnp.concatenate([forward, backward], axis=-1)
        case Merge.SUM:
            return forward + backward
        case Merge.AVERAGE:
            return (forward + backward) * 0.5
        case Merge.MULTIPLY:
            return forward * backward


def _layer(form_of: FormOf) -> Layer:
    return Layer(
        init=partial(_init, form_of), apply=partial(_apply, form_of), numbers=("dropout",), switches=("dropout",)
    )


RECURRENTS: Mapping[str, Layer] = {
    **{str(cell): _layer(partial(recurrent_form, cell)) for cell in Cell},
    "bidirectional": _layer(bidirectional_form),
}
