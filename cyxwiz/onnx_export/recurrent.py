"""Recurrent layers: a stack of ONNX's RNN, LSTM or GRU, which take `(length, batch, features)`.

ONNX orders the gates in its own way and has two biases a gate; ours is the first, the second is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from cyxwiz.onnx_export.exported_layer import ExportedLayer, FloatArray
from cyxwiz.onnx_export.graph_writer import NO_INPUT, GraphWriter, Value
from cyxwiz.recurrent_gates import DIRECTIONS, GATE_ORDER
from shared.model_definition.kinds.layer_kind import Parameters
from shared.model_definition.kinds.recurrent_form import Cell, Merge, RecurrentForm, bidirectional_form, recurrent_form

_OPERATORS: Mapping[Cell, str] = {Cell.RNN: "RNN", Cell.LSTM: "LSTM", Cell.GRU: "GRU"}
_ACTIVATIONS = {"tanh": "Tanh", "relu": "Relu", "sigmoid": "Sigmoid", "linear": "Affine"}
_MERGING = {Merge.SUM: "Add", Merge.AVERAGE: "Add", Merge.MULTIPLY: "Mul"}


@dataclass(frozen=True, slots=True)
class _Read:
    """What one layer of the stack gives: `(length, directions, batch, units)` and last states without the length."""

    sequence: str
    hidden: str
    cell: str


def _emit(
    form_of: Callable[[Parameters], RecurrentForm], writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]
) -> Value:
    """Write the stack, and of its last layer the sequence or the last state."""
    form = form_of(layer.parameters)
    start = _start(writer, form, inputs)
    sequence = writer.node("Transpose", writer.channels_last(inputs[0]), perm=[1, 0, 2])
    read = _read(writer, layer, form, 0, sequence, start)
    for number in range(1, form.layers):
        sequence = _merged_sequence(writer, form, read.sequence)
        read = _read(writer, layer, form, number, sequence, start)
    if form.returns_sequences:
        merged = _merged_sequence(writer, form, read.sequence)
        return Value(writer.node("Transpose", merged, perm=[1, 0, 2]), layer.output_shape)
    name = _merged_state(writer, form, read.hidden)
    if form.gives_cell_state:
        name = writer.node("Concat", name, _merged_state(writer, form, read.cell), axis=-1)
    return Value(name, layer.output_shape)


def _start(writer: GraphWriter, form: RecurrentForm, inputs: tuple[Value, ...]) -> list[str]:
    """Give the names of the states to start from, `(1, batch, units)`; none where they are 0."""
    if len(inputs) == 1:
        return []
    given = writer.channels_last(inputs[1])
    axes = writer.integers("axes", [0])
    if inputs[1].shape[-1] == form.units:
        return [writer.node("Unsqueeze", given, axes)]
    sizes = writer.integers("sizes", [form.units, form.units])
    return [writer.node("Unsqueeze", part, axes) for part in writer.node_of("Split", 2, given, sizes, axis=1)]


def _read(
    writer: GraphWriter, layer: ExportedLayer, form: RecurrentForm, number: int, sequence: str, start: list[str]
) -> _Read:
    places = [f"layer_{number}.{name}" for name in DIRECTIONS[: form.directions]]
    gates = partial(_in_gate_order, form)
    kernel = np.stack([gates(layer.arrays[f"{place}.kernel"]).T for place in places])
    recurrent = np.stack([gates(layer.arrays[f"{place}.recurrent_kernel"]).T for place in places])
    biases = np.stack([gates(layer.arrays[f"{place}.bias"][None])[0] for place in places])
    arrays = [
        writer.constant(f"layer_{number}.{name}", array)
        for name, array in (
            ("kernel", kernel),
            ("recurrent_kernel", recurrent),
            ("bias", np.concatenate([biases, np.zeros_like(biases)], axis=1)),
        )
    ]
    attributes: dict[str, object] = {
        "hidden_size": form.units,
        "direction": "bidirectional" if form.directions > 1 else "forward",
    }
    if form.cell is Cell.RNN:
        attributes |= _activation_attributes(str(layer.parameters.get("activation", "tanh")), form.directions)
    outputs = 3 if form.cell is Cell.LSTM else 2
    states = [NO_INPUT, *start] if start else []
    names = writer.node_of(_OPERATORS[form.cell], outputs, sequence, *arrays, *states, **attributes)
    return _Read(names[0], names[1], names[-1])


def _activation_attributes(activation: str, directions: int) -> dict[str, object]:
    attributes: dict[str, object] = {"activations": [_ACTIVATIONS[activation]] * directions}
    if activation == "linear":
        attributes |= {"activation_alpha": [1.0] * directions, "activation_beta": [0.0] * directions}
    return attributes


def _in_gate_order(form: RecurrentForm, array: FloatArray) -> FloatArray:
    """Put our gates, side by side in the last axis, into ONNX's order."""
    by_gate = np.split(array, form.cell.gates, axis=-1)
    return np.concatenate([by_gate[place] for place in GATE_ORDER[form.cell]], axis=-1)


def _merged_sequence(writer: GraphWriter, form: RecurrentForm, name: str) -> str:
    """From `(length, directions, batch, units)` to `(length, batch, width)`."""
    if form.directions > 1 and form.merge is Merge.CONCAT:
        side_by_side = writer.node("Transpose", name, perm=[0, 2, 1, 3])
        return writer.node("Reshape", side_by_side, writer.integers("shape", [0, 0, -1]))
    return _merged(writer, form, name, axis=1)


def _merged_state(writer: GraphWriter, form: RecurrentForm, name: str) -> str:
    """From `(directions, batch, units)` to `(batch, width)`."""
    if form.directions > 1 and form.merge is Merge.CONCAT:
        side_by_side = writer.node("Transpose", name, perm=[1, 0, 2])
        return writer.node("Reshape", side_by_side, writer.integers("shape", [0, -1]))
    return _merged(writer, form, name, axis=0)


def _merged(writer: GraphWriter, form: RecurrentForm, name: str, axis: int) -> str:
    axes = writer.integers("directions", [axis])
    if form.directions == 1:
        return writer.node("Squeeze", name, axes)
    both = [
        writer.node("Squeeze", part, axes)
        for part in writer.node_of("Split", 2, name, writer.integers("sizes", [1, 1]), axis=axis)
    ]
    merged = writer.node(_MERGING[form.merge], *both)
    return writer.node("Mul", merged, writer.number("share", 0.5)) if form.merge is Merge.AVERAGE else merged


emit_rnn = partial(_emit, partial(recurrent_form, Cell.RNN))
emit_lstm = partial(_emit, partial(recurrent_form, Cell.LSTM))
emit_gru = partial(_emit, partial(recurrent_form, Cell.GRU))
emit_bidirectional = partial(_emit, bidirectional_form)
