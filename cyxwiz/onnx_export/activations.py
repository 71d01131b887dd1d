"""Activations in ONNX's words, as layers and as the last thing another layer does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cyxwiz.onnx_export.exported_layer import ExportedLayer
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.errors import OurBug

Written = Callable[[GraphWriter, Value], str]


def _operator(name: str) -> Written:
    return lambda writer, value: writer.node(name, value.name)


def _leaky_relu(writer: GraphWriter, value: Value) -> str:
    return writer.node("LeakyRelu", value.name, alpha=0.01)


def _swish(writer: GraphWriter, value: Value) -> str:
    return writer.node("Mul", value.name, writer.node("Sigmoid", value.name))


def _softmax(writer: GraphWriter, value: Value) -> str:
    return writer.node("Softmax", value.name, axis=1 if value.is_channels_first else -1)


_WRITTEN: Mapping[str, Written] = {
    "relu": _operator("Relu"),
    "leaky_relu": _leaky_relu,
    "elu": _operator("Elu"),
    "selu": _operator("Selu"),
    "gelu": _operator("Gelu"),
    "swish": _swish,
    "mish": _operator("Mish"),
    "sigmoid": _operator("Sigmoid"),
    "tanh": _operator("Tanh"),
    "softmax": _softmax,
}


def activated(writer: GraphWriter, value: Value, activation: object) -> Value:
    """The value through the named activation, its axes as they are; `linear` changes nothing."""
    if activation in {None, "", "linear"}:
        return value
    return Value(_WRITTEN[str(activation)](writer, value), value.shape, value.is_channels_first)


def emit_activation(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write an activation without parameters; `identity` is nothing."""
    return activated(writer, inputs[0], "linear" if layer.kind == "identity" else layer.kind)


def emit_leaky_relu(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write a leaky ReLU with its own slope."""
    return _with_alpha(writer, inputs[0], "LeakyRelu", layer.parameters["negative_slope"])


def emit_elu(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write an ELU with its own alpha."""
    return _with_alpha(writer, inputs[0], "Elu", layer.parameters["alpha"])


def emit_prelu(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write a PReLU: one slope a channel."""
    value, slope = inputs[0], layer.arrays["slope"]
    if value.is_channels_first:
        slope = slope.reshape(-1, *[1] * (len(value.shape) - 1))
    name = writer.node("PRelu", value.name, writer.constant("slope", slope))
    return Value(name, value.shape, value.is_channels_first)


def _with_alpha(writer: GraphWriter, value: Value, operator: str, alpha: object) -> Value:
    if not isinstance(alpha, (int, float)):
        raise OurBug(f"the alpha of {operator} was checked as a number, got {alpha!r}")
    return Value(writer.node(operator, value.name, alpha=float(alpha)), value.shape, value.is_channels_first)
