"""Dense layers: one matrix product, at every position where there are several; and what looks tokens up."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from cyxwiz.onnx_export.activations import activated
from cyxwiz.onnx_export.exported_layer import ExportedLayer, FloatArray
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.model_definition.kinds.parameter_access import flag

LONGEST_WAVE = 10_000.0


def emit_dense(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write `Gemm` for a vector, `MatMul` and `Add` for more axes."""
    arrived = writer.channels_last(inputs[0])
    kernel = writer.constant("kernel", layer.arrays["kernel"])
    bias = [writer.constant("bias", layer.arrays["bias"])] if "bias" in layer.arrays else []
    if len(inputs[0].shape) == 1:
        name = writer.node("Gemm", arrived, kernel, *bias)
    else:
        name = writer.node("MatMul", arrived, kernel)
        name = writer.node("Add", name, bias[0]) if bias else name
    return activated(writer, Value(name, layer.output_shape), layer.parameters["activation"])


def emit_embedding(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the look-up of each token's row."""
    tokens = writer.channels_last(inputs[0])
    if not inputs[0].is_integer:
        tokens = writer.node("Cast", tokens, to=TensorProto.INT32)
    return Value(
        writer.node("Gather", writer.constant("table", layer.arrays["table"]), tokens, axis=0), layer.output_shape
    )


def emit_positional_encoding(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the sum with the learned table, or with the waves."""
    length, width = inputs[0].shape
    table = layer.arrays["table"][:length] if flag(layer.parameters, "learned") else waves(length, width)
    return Value(
        writer.node("Add", writer.channels_last(inputs[0]), writer.constant("table", table)), layer.output_shape
    )


def waves(length: int, width: int) -> FloatArray:
    """Give `(length, width)`: sines at even places, cosines at odd ones (Vaswani et al. 2017, section 3.5)."""
    positions = np.arange(length, dtype=np.float64)[:, None]
    frequencies = LONGEST_WAVE ** (-np.arange(0, width, 2, dtype=np.float64) / width)[None, :]
    table = np.empty((length, width), np.float32)
    table[:, 0::2] = np.sin(positions * frequencies)
    table[:, 1::2] = np.cos(positions * frequencies[:, : width // 2])
    return table
