"""Transformer encoder and decoder: pre-norm blocks, one behind the other."""

from __future__ import annotations

from collections.abc import Mapping

from cyxwiz.onnx_export.activations import activated
from cyxwiz.onnx_export.attention import Masking, attended, projected
from cyxwiz.onnx_export.exported_layer import ExportedLayer, FloatArray
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.model_definition.kinds.parameter_access import flag, integer

EPSILON = 1e-5
"""Of the norms inside blocks."""


def emit_encoder(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the blocks of an encoder; a second input is a mask."""
    mask = inputs[1] if len(inputs) > 1 else None
    return _blocks(writer, layer, inputs[0], Masking(flag(layer.parameters, "causal"), mask), None)


def emit_decoder(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write the blocks of a decoder; a second input is the memory that it looks at."""
    memory = inputs[1] if len(inputs) > 1 else None
    return _blocks(writer, layer, inputs[0], Masking(is_causal=True), memory)


def _blocks(writer: GraphWriter, layer: ExportedLayer, value: Value, masking: Masking, memory: Value | None) -> Value:
    name = writer.channels_last(value)
    for number in range(integer(layer.parameters, "num_layers")):
        prefix = f"block_{number}."
        own = {key.removeprefix(prefix): array for key, array in layer.arrays.items() if key.startswith(prefix)}
        name = _block(writer, layer, own, name, masking, memory)
    return Value(name, layer.output_shape)


def _block(
    writer: GraphWriter,
    layer: ExportedLayer,
    arrays: Mapping[str, FloatArray],
    name: str,
    masking: Masking,
    memory: Value | None,
) -> str:
    heads, length = integer(layer.parameters, "num_heads"), layer.output_shape[0]
    own = _normalized(writer, arrays, "attention_norm", name)
    seen = attended(writer, arrays, "attention_", (own, own, own), (length, length), heads, masking)
    name = writer.node("Add", name, seen)
    if memory is not None:
        own, others = _normalized(writer, arrays, "memory_norm", name), writer.channels_last(memory)
        lengths = (length, memory.shape[0])
        seen = attended(writer, arrays, "memory_", (own, others, others), lengths, heads, Masking(is_causal=False))
        name = writer.node("Add", name, seen)
    own = _normalized(writer, arrays, "feed_forward_norm", name)
    inner = Value(projected(writer, arrays, "inner", own), ())
    inner = activated(writer, inner, layer.parameters["activation"])
    return writer.node("Add", name, projected(writer, arrays, "outer", inner.name))


def _normalized(writer: GraphWriter, arrays: Mapping[str, FloatArray], part: str, name: str) -> str:
    parts = [writer.constant(f"{part}_{which}", arrays[f"{part}_{which}"]) for which in ("scale", "bias")]
    return writer.node("LayerNormalization", name, *parts, axis=-1, epsilon=EPSILON)
