"""Layers that move numbers and compute nothing, and layers that make numbers of their own."""

from __future__ import annotations

import numpy as np

from cyxwiz.onnx_export.exported_layer import ExportedLayer, FloatArray
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.model_definition.kinds.axes import permuted_axes, squeezed_axes, unsqueezed_axis
from shared.model_definition.kinds.pad import padded_axes
from shared.model_definition.kinds.reshape import is_channels_first, is_image, written_shape
from shared.model_definition.kinds.sources import source_shape
from shared.model_definition.kinds.split import split_place


def emit_nothing(_writer: GraphWriter, _layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Leave the layer out: once training is over it gives what it is fed, a draw its mean."""
    return inputs[0]


def emit_flatten(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write an example's numbers as a vector, channels fastest."""
    if len(inputs[0].shape) == 1:
        return inputs[0]
    name = writer.node("Flatten", writer.channels_last(inputs[0]), axis=1)
    return Value(name, layer.output_shape, is_integer=inputs[0].is_integer)


def emit_reshape(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the new shape, through channels first where the layer is written so."""
    shape, is_moved = written_shape(layer.parameters, inputs[0].shape), is_channels_first(layer.parameters)
    moves_in, moves_out = is_moved and is_image(inputs[0].shape), is_moved and is_image(shape)
    arrived = writer.channels_first(inputs[0]) if moves_in else writer.channels_last(inputs[0])
    name = writer.reshaped(arrived, shape)
    return Value(name, layer.output_shape, is_channels_first=moves_out, is_integer=inputs[0].is_integer)


def emit_permute(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the axes in another order."""
    axes = permuted_axes(layer.parameters, len(inputs[0].shape))
    name = writer.node("Transpose", writer.channels_last(inputs[0]), perm=[0, *(axis + 1 for axis in axes)])
    return Value(name, layer.output_shape, is_integer=inputs[0].is_integer)


def emit_squeeze(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the array without its axes of one number."""
    axes = [axis + 1 for axis in squeezed_axes(layer.parameters, inputs[0].shape)]
    name = writer.node("Squeeze", writer.channels_last(inputs[0]), writer.integers("axes", axes))
    return Value(name, layer.output_shape, is_integer=inputs[0].is_integer)


def emit_unsqueeze(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the array with one more axis of one number."""
    axis = unsqueezed_axis(layer.parameters, len(inputs[0].shape)) + 1
    name = writer.node("Unsqueeze", writer.channels_last(inputs[0]), writer.integers("axes", [axis]))
    return Value(name, layer.output_shape, is_integer=inputs[0].is_integer)


def emit_split(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write one of the equal parts of an axis."""
    axis, start, end = split_place(layer.parameters, inputs[0].shape)
    places = [writer.integers(name, [value]) for name, value in (("starts", start), ("ends", end), ("axes", axis + 1))]
    name = writer.node("Slice", writer.channels_last(inputs[0]), *places)
    return Value(name, layer.output_shape, is_integer=inputs[0].is_integer)


def emit_pad(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write positions of one value around the example, and a slice where some are cut off."""
    amounts = ((0, 0), *padded_axes(layer.parameters, len(inputs[0].shape)))
    name = writer.channels_last(inputs[0])
    cuts = [axis for axis, sides in enumerate(amounts) if min(sides) < 0]
    if cuts:
        starts = [max(-amounts[axis][0], 0) for axis in cuts]
        ends = [inputs[0].shape[axis - 1] + min(amounts[axis][1], 0) for axis in cuts]
        places = (("starts", starts), ("ends", ends), ("axes", cuts))
        name = writer.node("Slice", name, *(writer.integers(what, numbers) for what, numbers in places))
    pads = [max(side, 0) for which in (0, 1) for side in (sides[which] for sides in amounts)]
    if any(pads):
        value = writer.number("value", float(str(layer.parameters["value"])))
        name = writer.node("Pad", name, writer.integers("pads", pads), value)
    return Value(name, layer.output_shape)


def emit_last_state(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the last position of a sequence."""
    last = writer.constant("last", np.asarray(-1, np.int64))
    return Value(writer.node("Gather", writer.channels_last(inputs[0]), last, axis=1), layer.output_shape)


def emit_parameter(writer: GraphWriter, layer: ExportedLayer, _inputs: tuple[Value, ...]) -> Value:
    """Write learned numbers, the same for every example."""
    return _for_every_example(writer, layer.arrays["value"])


def emit_constant(writer: GraphWriter, layer: ExportedLayer, _inputs: tuple[Value, ...]) -> Value:
    """Write one number at every place, for every example."""
    value = layer.parameters["value"]
    return _for_every_example(writer, np.full(source_shape(layer.parameters), value, np.float32))


def _for_every_example(writer: GraphWriter, array: FloatArray) -> Value:
    example = writer.integers("shape", array.shape)
    shape = writer.node("Concat", writer.batch_size(), example, axis=0)
    return Value(writer.node("Expand", writer.constant("value", array), shape), array.shape)
