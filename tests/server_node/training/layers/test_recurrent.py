"""Recurrent layers against the textbook, position by position in numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.server_node.training.layers.one_layer import OneLayer, one_layer

UNITS, SEQUENCE = 4, (6, 3)
Step = Callable[[Any, Any, Any, Any, Any], tuple[Any, Any]]


def _sigmoid(values: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-values))


def _rnn(x: Any, h: Any, c: Any, u: Any, _units: Any) -> tuple[Any, Any]:
    return np.tanh(x + h @ u), c


def _lstm(x: Any, h: Any, c: Any, u: Any, units: Any) -> tuple[Any, Any]:
    i, f, g, o = np.split(x + h @ u, 4, axis=-1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def _gru(x: Any, h: Any, c: Any, u: Any, units: Any) -> tuple[Any, Any]:
    z = _sigmoid(x[:, :units] + h @ u[:, :units])
    r = _sigmoid(x[:, units : 2 * units] + h @ u[:, units : 2 * units])
    n = np.tanh(x[:, 2 * units :] + (r * h) @ u[:, 2 * units :])
    return z * h + (1 - z) * n, c


STEPS: dict[str, Step] = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}


def _read(step: Step, weights: Any, place: str, sequence: Any, start: tuple[Any, Any]) -> tuple[Any, Any, Any]:
    """All hidden states `(batch, length, units)`, the last one and the last cell."""
    h, c = start
    hidden = []
    for position in range(sequence.shape[1]):
        x = sequence[:, position] @ weights[f"{place}.kernel"] + weights[f"{place}.bias"]
        h, c = step(x, h, c, weights[f"{place}.recurrent_kernel"], h.shape[-1])
        hidden.append(h)
    return np.stack(hidden, axis=1), h, c


def _nothing(batch: int) -> tuple[Any, Any]:
    return np.zeros((batch, UNITS)), np.zeros((batch, UNITS))


every_cell = pytest.mark.parametrize("cell", STEPS)


def _close(got: Any, wanted: Any) -> None:
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


@every_cell
def test_sequence_and_last_state_are_the_textbooks(cell: str) -> None:
    case = one_layer(cell, SEQUENCE, units=UNITS, return_sequences=True)
    weights, inputs = case.weights(), case.inputs()
    hidden, last, _ = _read(STEPS[cell], weights, "layer_0.forward", inputs[0], _nothing(3))
    _close(case.applied(weights, inputs), hidden)
    _close(one_layer(cell, SEQUENCE, units=UNITS).applied(weights, inputs), last)


@every_cell
def test_a_second_layer_reads_the_first(cell: str) -> None:
    case = one_layer(cell, SEQUENCE, units=UNITS, num_layers=2)
    weights, inputs = case.weights(), case.inputs()
    hidden, _, _ = _read(STEPS[cell], weights, "layer_0.forward", inputs[0], _nothing(3))
    _, last, _ = _read(STEPS[cell], weights, "layer_1.forward", hidden, _nothing(3))
    _close(case.applied(weights, inputs), last)


@every_cell
def test_the_backward_direction_ends_at_the_first_position(cell: str) -> None:
    case = one_layer("bidirectional", SEQUENCE, units=UNITS, layer_type=cell)
    weights, (sequence,) = case.weights(), case.inputs()
    _, forward, _ = _read(STEPS[cell], weights, "layer_0.forward", sequence, _nothing(3))
    hidden, backward, _ = _read(STEPS[cell], weights, "layer_0.backward", sequence[:, ::-1], _nothing(3))
    _close(case.applied(weights, (sequence,)), np.concatenate([forward, backward], axis=-1))
    every = one_layer("bidirectional", SEQUENCE, units=UNITS, layer_type=cell, return_sequences=True)
    _close(every.applied(weights, (sequence,))[:, :, UNITS:], hidden[:, ::-1])


@pytest.mark.parametrize(
    ("mode", "join"),
    [("sum", lambda a, b: a + b), ("average", lambda a, b: (a + b) / 2), ("multiply", lambda a, b: a * b)],
)
def test_directions_are_merged_as_asked(mode: str, join: Callable[[Any, Any], Any]) -> None:
    side_by_side = one_layer("bidirectional", SEQUENCE, units=UNITS)
    weights, inputs = side_by_side.weights(), side_by_side.inputs()
    both = side_by_side.applied(weights, inputs)
    got = one_layer("bidirectional", SEQUENCE, units=UNITS, merge_mode=mode).applied(weights, inputs)
    _close(got, join(both[:, :UNITS], both[:, UNITS:]))


def test_an_lstm_gives_and_takes_its_whole_state() -> None:
    giving = one_layer("lstm", SEQUENCE, units=UNITS, return_state=True)
    weights, (sequence,) = giving.weights(), giving.inputs()
    state = giving.applied(weights, (sequence,))
    assert state.shape == (3, 2 * UNITS)

    _close(_continued(sequence, state).applied(weights, (sequence, state)), _twice(weights, sequence))


def _continued(sequence: Any, state: Any) -> OneLayer:
    return one_layer("lstm", sequence.shape[1:], state.shape[1:], units=UNITS)


def _twice(weights: Any, sequence: Any) -> Any:
    _, last, _ = _read(_lstm, weights, "layer_0.forward", np.concatenate([sequence, sequence], axis=1), _nothing(3))
    return last


def test_a_hidden_state_alone_starts_an_lstm_with_an_empty_cell() -> None:
    case = one_layer("lstm", SEQUENCE, (UNITS,), units=UNITS)
    weights, (sequence, hidden) = case.weights(), case.inputs()
    _, last, _ = _read(_lstm, weights, "layer_0.forward", sequence, (hidden, np.zeros((3, UNITS))))
    _close(case.applied(weights, (sequence, hidden)), last)
