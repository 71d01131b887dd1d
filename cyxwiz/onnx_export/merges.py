"""Branches brought together: number by number, as numpy broadcasts one example, or along an axis."""

from __future__ import annotations

from functools import reduce

from cyxwiz.onnx_export.exported_layer import ExportedLayer
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.model_definition.kinds.merges import merged_axis
from shared.model_definition.kinds.parameter_access import flag


def emit_add(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the sum."""
    return _number_by_number(writer, layer, inputs, "Add")


def emit_multiply(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the product."""
    return _number_by_number(writer, layer, inputs, "Mul")


def emit_average(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the mean of several inputs, or of one along an axis."""
    if len(inputs) > 1:
        total = _number_by_number(writer, layer, inputs, "Add")
        name = writer.node("Mul", total.name, writer.number("share", 1.0 / len(inputs)))
        return Value(name, total.shape, total.is_channels_first)
    axis = 1 + merged_axis(layer.parameters, len(inputs[0].shape))
    name = writer.node(
        "ReduceMean",
        writer.channels_last(inputs[0]),
        writer.integers("axes", [axis]),
        keepdims=int(flag(layer.parameters, "keepdim")),
    )
    return Value(name, layer.output_shape)


def emit_concatenate(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the inputs side by side."""
    rank = len(inputs[0].shape)
    axis = merged_axis(layer.parameters, rank)
    is_first = axis == rank - 1 and any(value.is_channels_first for value in inputs)
    names = [writer.channels_first(value) if is_first else writer.channels_last(value) for value in inputs]
    name = writer.node("Concat", *names, axis=1 if is_first else axis + 1)
    return Value(name, layer.output_shape, is_channels_first=is_first)


def _number_by_number(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...], operator: str) -> Value:
    is_first = any(value.is_channels_first for value in inputs) and len({value.shape for value in inputs}) == 1
    names = [
        writer.channels_first(value) if is_first else _with_rank(writer, value, len(layer.output_shape))
        for value in inputs
    ]
    name = reduce(lambda left, right: writer.node(operator, left, right), names)
    return Value(name, layer.output_shape, is_channels_first=is_first)


def _with_rank(writer: GraphWriter, value: Value, rank: int) -> str:
    """Put axes of one number behind the batch, since an example's last axes are matched."""
    name = writer.channels_last(value)
    missing = rank - len(value.shape)
    return writer.reshaped(name, [1] * missing + list(value.shape)) if missing else name
