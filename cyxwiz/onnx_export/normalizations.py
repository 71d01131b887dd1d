"""Layers that bring numbers to mean 0 and variance 1; batch statistics are constants by now."""

from __future__ import annotations

import numpy as np

from cyxwiz.onnx_export.exported_layer import ExportedLayer, FloatArray
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.errors import OurBug
from shared.model_definition.graph import ParameterValue
from shared.model_definition.kinds.layer_kind import Parameters
from shared.model_definition.kinds.parameter_access import integer
from shared.strict_values import reals_from


def emit_batch_norm(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the inference form: scale, bias, mean and variance of each channel."""
    arrays = [writer.constant(name, layer.arrays[name]) for name in ("scale", "bias", "mean", "variance")]
    name = writer.node(
        "BatchNormalization", writer.channels_first(inputs[0]), *arrays, epsilon=_epsilon(layer.parameters)
    )
    return Value(name, layer.output_shape, is_channels_first=len(layer.output_shape) > 1)


def emit_layer_norm(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the normalisation over the last axes."""
    arrays = [writer.constant(name, layer.arrays[name]) for name in ("scale", "bias")]
    name = writer.node(
        "LayerNormalization",
        writer.channels_last(inputs[0]),
        *arrays,
        axis=-layer.arrays["scale"].ndim,
        epsilon=_epsilon(layer.parameters),
    )
    return Value(name, layer.output_shape)


def emit_instance_norm(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the normalisation of each channel over its positions."""
    channels = layer.output_shape[-1:]
    scale = writer.constant("scale", layer.arrays.get("scale", np.ones(channels, np.float32)))
    bias = writer.constant("bias", layer.arrays.get("bias", np.zeros(channels, np.float32)))
    name = _per_group(writer, writer.channels_first(inputs[0]), scale, bias, layer.parameters)
    return Value(name, layer.output_shape, is_channels_first=True)


def emit_group_norm(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write groups of channels as the channels of an instance normalisation, then a scale and a bias a channel."""
    groups, shape = integer(layer.parameters, "num_groups"), layer.output_shape
    ones = writer.constant("ones", np.ones((groups,), np.float32))
    zeros = writer.constant("zeros", np.zeros((groups,), np.float32))
    grouped = writer.reshaped(writer.channels_first(inputs[0]), [groups, -1])
    normal = _per_group(writer, grouped, ones, zeros, layer.parameters)
    back = writer.reshaped(normal, [shape[-1], *shape[:-1]])
    by_channel = (-1, *[1] * (len(shape) - 1))
    scaled = writer.node("Mul", back, writer.constant("scale", layer.arrays["scale"].reshape(by_channel)))
    name = writer.node("Add", scaled, writer.constant("bias", layer.arrays["bias"].reshape(by_channel)))
    return Value(name, shape, is_channels_first=len(shape) > 1)


def emit_normalize(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write `(x - mean) / std` with the given numbers, one each or one a channel."""
    mean, deviation = (
        writer.constant(name, _for_each_channel(layer.parameters[name], inputs[0])) for name in ("mean", "std")
    )
    centred = writer.node("Sub", inputs[0].name, mean)
    name = writer.node("Div", centred, deviation)
    return Value(name, layer.output_shape, inputs[0].is_channels_first)


def _for_each_channel(written: ParameterValue, value: Value) -> FloatArray:
    numbers = np.asarray(reals_from(written), np.float32)
    if numbers.size == 1:
        return numbers.reshape(())
    return numbers.reshape(-1, *[1] * (len(value.shape) - 1)) if value.is_channels_first else numbers


def _per_group(writer: GraphWriter, name: str, scale: str, bias: str, parameters: Parameters) -> str:
    return writer.node("InstanceNormalization", name, scale, bias, epsilon=_epsilon(parameters))


def _epsilon(parameters: Parameters) -> float:
    return _number(parameters, "epsilon")


def _number(parameters: Parameters, name: str) -> float:
    value = parameters[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OurBug(f"parameter {name} was checked as a number, got {value!r}")
    return float(value)
