"""`rnn`, `lstm`, `gru` and `bidirectional`: layers that read a sequence position by position and remember.

`(length, features)` to `(length, width)` with `return_sequences`, else to the last state `(width,)`. One bias a gate.
A second input, where one is linked, is the state to start from: `(units,)`, or an LSTM's `(2 * units,)` that an LSTM
with `return_state` gives. `return_sequences` not written is decided by what reads the layer: see `sequences`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.dense import LARGEST_WIDTH
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.recurrent_form import Cell, Merge, RecurrentForm, bidirectional_form, recurrent_form
from shared.model_definition.kinds.sequence_shapes import sequence_shape

_MOST_LAYERS = 1_000
_FormOf = Callable[[Parameters], RecurrentForm]


def _units(default: int) -> ParameterSpec:
    return ParameterSpec(
        "units",
        ParameterType.INTEGER,
        default,
        minimum=1,
        maximum=LARGEST_WIDTH,
        aliases=("hidden_size", "hidden_dim", "hidden_units"),
    )


def _activation(*choices: str) -> ParameterSpec:
    return ParameterSpec("activation", ParameterType.CHOICE, "tanh", choices=choices, choice_aliases={"none": "linear"})


_SHARED = (
    ParameterSpec("num_layers", ParameterType.INTEGER, 1, minimum=1, maximum=_MOST_LAYERS, aliases=("layers",)),
    ParameterSpec(
        "dropout", ParameterType.REAL, 0.0, minimum=0, maximum=1, open_maximum=True, aliases=("dropout_rate",)
    ),
    ParameterSpec("return_sequences", ParameterType.FLAG, None),
    ParameterSpec("return_state", ParameterType.FLAG, default=False),
    # Which axis a designer's backend puts first says nothing here: the batch always is.
    ParameterSpec("batch_first", ParameterType.FLAG, default=True),
)
_BIDIRECTIONAL_FLAG = ParameterSpec("bidirectional", ParameterType.FLAG, default=False)


def _output_shape(form_of: _FormOf, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    form = form_of(parameters)
    length, _features = sequence_shape(input_shapes[0])
    if len(input_shapes) > 1:
        _check_start(form, input_shapes[1])
    if form.returns_sequences:
        return (length, form.width)
    return (2 * form.width,) if form.gives_cell_state else (form.width,)


def _check_start(form: RecurrentForm, shape: Shape) -> None:
    if form.layers > 1 or form.directions > 1:
        raise InvalidField("is fed a state to start from, which only a layer of one direction and num_layers=1 takes")
    accepted = [(form.units,), (2 * form.units,)] if form.cell is Cell.LSTM else [(form.units,)]
    if shape not in accepted:
        words = " or ".join(str(one) for one in accepted)
        raise InvalidField(
            f"expects a state to start from of shape {words}, got {shape}; give it the state of a layer of as many "
            "units, without return_sequences"
        )


def _parameter_count(form_of: _FormOf, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    form, features = form_of(parameters), input_shapes[0][-1]
    arriving = (form.features_of(layer, features) for layer in range(form.layers))
    gate_inputs = (width + form.units + 1 for width in arriving)
    return form.directions * form.cell.gates * form.units * sum(gate_inputs)


def _not_supported(form_of: _FormOf, parameters: Parameters) -> str:
    form = form_of(parameters)
    if form.returns_state and form.merge is not Merge.CONCAT:
        return f"asks for return_state with merge_mode={form.merge}: two directions keep their states side by side"
    return ""


def _kind(name: str, aliases: tuple[str, ...], code: int, form_of: _FormOf, *own: ParameterSpec) -> LayerKind:
    return LayerKind(
        name=name,
        aliases=aliases,
        designer_code=code,
        parameters=(*own, *_SHARED),
        output_shape=partial(_output_shape, form_of),
        parameter_count=partial(_parameter_count, form_of),
        not_supported=partial(_not_supported, form_of),
        most_inputs=2,
    )


RNN = _kind(
    "rnn",
    ("simple_rnn",),
    16,
    partial(recurrent_form, Cell.RNN),
    _units(128),
    _activation("tanh", "relu", "sigmoid", "linear"),
    _BIDIRECTIONAL_FLAG,
)
LSTM = _kind("lstm", (), 17, partial(recurrent_form, Cell.LSTM), _units(128), _activation("tanh"), _BIDIRECTIONAL_FLAG)
GRU = _kind("gru", (), 18, partial(recurrent_form, Cell.GRU), _units(256), _activation("tanh"), _BIDIRECTIONAL_FLAG)
BIDIRECTIONAL = _kind(
    "bidirectional",
    (),
    19,
    bidirectional_form,
    _units(128),
    ParameterSpec(
        "layer_type",
        ParameterType.CHOICE,
        "lstm",
        choices=("lstm", "gru", "rnn"),
        choice_aliases={"simplernn": "rnn"},
        aliases=("layer", "cell"),
    ),
    ParameterSpec(
        "merge_mode",
        ParameterType.CHOICE,
        "concat",
        choices=tuple(Merge),
        choice_aliases={"add": "sum", "ave": "average", "avg": "average", "mul": "multiply", "concatenate": "concat"},
    ),
)
RECURRENTS = (RNN, LSTM, GRU, BIDIRECTIONAL)
