"""Convolutions and poolings: windows over axes that stand behind the channels, as ONNX has them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cyxwiz.onnx_export.activations import activated
from cyxwiz.onnx_export.exported_layer import ExportedLayer, FloatArray
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.parameter_access import flag, word
from shared.model_definition.kinds.windows import window_of


def emit_convolution(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write a convolution, or a transposed one, over one to three axes."""
    window = layer.arrays["kernel"].shape[:-2]
    stride = window_of(layer.parameters, "stride", len(window))
    padding = word(layer.parameters, "padding")
    channels, filters = len(window), len(window) + 1
    if flag(layer.parameters, "transposed"):
        order = (channels, filters, *range(len(window)))
        pads, beyond = _transposed_pads(window, stride, padding)
        said = {"pads": pads, "output_padding": beyond}
        return _convolved(writer, layer, inputs[0], "ConvTranspose", order, stride, said)
    order = (filters, channels, *range(len(window)))
    attributes = {"pads": same_pads(inputs[0].shape[:-1], window, stride, padding)}
    return _convolved(writer, layer, inputs[0], "Conv", order, stride, attributes)


def emit_depthwise(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write a convolution with as many groups as channels."""
    kernel = layer.arrays["kernel"]
    window, channels = kernel.shape[:2], kernel.shape[2]
    stride = window_of(layer.parameters, "stride", 2)
    attributes = {
        "pads": same_pads(inputs[0].shape[:-1], window, stride, word(layer.parameters, "padding")),
        "group": channels,
    }
    by_filter = kernel.reshape(*window, 1, -1).transpose(3, 2, 0, 1)
    return _written(writer, layer, inputs[0], "Conv", by_filter, stride, attributes)


def _convolved(
    writer: GraphWriter,
    layer: ExportedLayer,
    value: Value,
    operator: str,
    order: Shape,
    stride: Shape,
    attributes: Mapping[str, object],
) -> Value:
    return _written(writer, layer, value, operator, layer.arrays["kernel"].transpose(order), stride, attributes)


def _written(
    writer: GraphWriter,
    layer: ExportedLayer,
    value: Value,
    operator: str,
    kernel: FloatArray,
    stride: Shape,
    attributes: Mapping[str, object],
) -> Value:
    arrays = [writer.constant("kernel", kernel)]
    if "bias" in layer.arrays:
        arrays.append(writer.constant("bias", layer.arrays["bias"]))
    name = writer.node(
        operator,
        writer.channels_first(value),
        *arrays,
        kernel_shape=kernel.shape[2:],
        strides=stride,
        **attributes,
    )
    return activated(writer, Value(name, layer.output_shape, is_channels_first=True), layer.parameters["activation"])


def emit_max_pool(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the largest value of each window."""
    return _pooled(writer, layer, inputs[0], "MaxPool")


def emit_avg_pool(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the mean of each window over its real positions."""
    return _pooled(writer, layer, inputs[0], "AveragePool")


def _pooled(writer: GraphWriter, layer: ExportedLayer, value: Value, operator: str) -> Value:
    sizes = value.shape[:-1]
    window = window_of(layer.parameters, "pool_size", len(sizes))
    stride = window_of(layer.parameters, "stride", len(sizes))
    pads = same_pads(sizes, window, stride, word(layer.parameters, "padding"))
    name = writer.node(operator, writer.channels_first(value), kernel_shape=window, strides=stride, pads=pads)
    return Value(name, layer.output_shape, is_channels_first=True)


def emit_global_max_pool(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the largest value of each channel."""
    return _globally(writer, layer, inputs[0], "GlobalMaxPool")


def emit_global_avg_pool(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the mean of each channel."""
    return _globally(writer, layer, inputs[0], "GlobalAveragePool")


def _globally(writer: GraphWriter, layer: ExportedLayer, value: Value, operator: str) -> Value:
    pooled = writer.node(operator, writer.channels_first(value))
    return Value(writer.node("Flatten", pooled, axis=1), layer.output_shape)


def emit_adaptive_avg_pool(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write equal windows as a pooling; unequal ones as one product with a matrix of means for each axis."""
    sizes, outputs = inputs[0].shape[:-1], layer.output_shape[:-1]
    name = writer.channels_first(inputs[0])
    if all(size % wanted == 0 for size, wanted in zip(sizes, outputs, strict=True)):
        window = [size // wanted for size, wanted in zip(sizes, outputs, strict=True)]
        name = writer.node("AveragePool", name, kernel_shape=window, strides=window)
    else:
        for axis, (size, wanted) in enumerate(zip(sizes, outputs, strict=True), start=2):
            name = _with_means(writer, name, axis, len(sizes) + 2, window_means(size, wanted))
    return Value(name, layer.output_shape, is_channels_first=True)


def _with_means(writer: GraphWriter, name: str, axis: int, rank: int, means: FloatArray) -> str:
    swapped = list(range(rank))
    swapped[axis], swapped[-1] = rank - 1, axis
    last = name if axis == rank - 1 else writer.node("Transpose", name, perm=swapped)
    product = writer.node("MatMul", last, writer.constant("means", means))
    return product if axis == rank - 1 else writer.node("Transpose", product, perm=swapped)


def window_means(size: int, outputs: int) -> FloatArray:
    """Give `(size, outputs)`: column i takes the mean of positions ⌊i·size/outputs⌋ to ⌈(i+1)·size/outputs⌉."""
    matrix = np.zeros((size, outputs), np.float32)
    for place in range(outputs):
        start, end = place * size // outputs, -(-(place + 1) * size // outputs)
        matrix[start:end, place] = 1.0 / (end - start)
    return matrix


def emit_upsample(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write every position so many times along each axis."""
    factors = window_of(layer.parameters, "size", len(inputs[0].shape) - 1)
    name = writer.node(
        "Resize",
        writer.channels_first(inputs[0]),
        "",
        writer.constant("scales", np.asarray([1, 1, *factors], np.float32)),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    return Value(name, layer.output_shape, is_channels_first=True)


def same_pads(sizes: Shape, window: Shape, stride: Shape, padding: str) -> list[int]:
    """Give ONNX's row of what is added before each axis, then behind each; `same` puts the odd position last."""
    if padding == "valid":
        return [0] * (2 * len(sizes))
    totals = [
        max((-(-size // step) - 1) * step + wide - size, 0)
        for size, wide, step in zip(sizes, window, stride, strict=True)
    ]
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]


def _transposed_pads(window: Shape, stride: Shape, padding: str) -> tuple[list[int], list[int]]:
    """Give what is cut off the sum of windows, and how far the output reaches beyond it."""
    over = [max(wide - step, 0) if padding == "same" else 0 for wide, step in zip(window, stride, strict=True)]
    beyond = [max(step - wide, 0) for wide, step in zip(window, stride, strict=True)]
    return [cut // 2 for cut in over] + [cut - cut // 2 for cut in over], beyond
