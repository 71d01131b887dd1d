"""The activations: layers that change each number (softmax: the last axis), not the shape. Only PReLU has weights."""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import (
    CountRule,
    LayerKind,
    Parameters,
    ParameterSpec,
    ParameterType,
    no_parameters,
)

ACTIVATION_NAMES = (
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "swish",
    "mish",
    "sigmoid",
    "tanh",
    "softmax",
)
"""What `activation` of another layer may be; `linear` is none."""

_ACTIVATION_ALIASES = {
    "none": "linear",
    "null": "linear",
    "identity": "linear",
    "": "linear",
    "silu": "swish",
    "leakyrelu": "leaky_relu",
}
_NEGATIVE_SLOPE = ParameterSpec(
    "negative_slope", ParameterType.REAL, 0.01, minimum=0, maximum=1, aliases=("alpha", "slope")
)
_ALPHA = ParameterSpec("alpha", ParameterType.REAL, 1.0, minimum=0, maximum=1_000)
_AXIS = ParameterSpec("axis", ParameterType.INTEGER, -1, minimum=-1, maximum=1, aliases=("dim",))


def activation_parameter() -> ParameterSpec:
    """The `activation` parameter of a layer that computes something else first."""
    return ParameterSpec(
        "activation",
        ParameterType.CHOICE,
        "linear",
        choices=ACTIVATION_NAMES,
        choice_aliases=_ACTIVATION_ALIASES,
    )


def same_shape(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    """The shape rule of layers that keep it."""
    return input_shapes[0]


def _other_axis(parameters: Parameters) -> str:
    return "asks for axis=0, the batch; softmax works on the last axis, write -1" if parameters["axis"] == 0 else ""


def _one_slope_a_channel(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    return input_shapes[0][-1]


def _activation(
    name: str, code: int, *parameters: ParameterSpec, aliases: tuple[str, ...] = (), count: CountRule = no_parameters
) -> LayerKind:
    return LayerKind(name, aliases, code, parameters, same_shape, count)


ACTIVATIONS = (
    _activation("relu", 29),
    _activation("leaky_relu", 30, _NEGATIVE_SLOPE),
    _activation("prelu", 31, count=_one_slope_a_channel),
    _activation("elu", 32, _ALPHA),
    _activation("selu", 33),
    _activation("gelu", 34),
    _activation("swish", 35, aliases=("silu",)),
    _activation("mish", 36),
    _activation("sigmoid", 37),
    _activation("tanh", 38),
    LayerKind("softmax", (), 39, (_AXIS,), same_shape, not_supported=_other_axis),
    _activation("identity", 74),
)
"""`softmax` works on the last axis: the classes of a vector, the channels of an image (`axis` 1 means the same)."""
