"""Attention written out: projections, heads, scores, softmax, and the projection back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from cyxwiz.onnx_export.exported_layer import ExportedLayer, FloatArray
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.model_definition.kinds.parameter_access import flag, integer, word

LEAST_SCORE = -1e30
"""What a key that must not be looked at scores; its exponential is 0."""
_PROJECTIONS = ("query", "key", "value")
_HEADS_FIRST, _KEYS_LAST = (0, 2, 1, 3), (0, 2, 3, 1)


@dataclass(frozen=True, slots=True)
class Masking:
    """Which keys may not be looked at.

    Attributes:
        is_causal: whether a query sees only the keys up to its own place.
        mask: a value of 0 where a key must not be looked at; None for none.
    """

    is_causal: bool
    mask: Value | None = None


def emit_attention(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write multi-head, self or cross attention; inputs are query, key, value and mask where they are linked."""
    mask = inputs[len(_PROJECTIONS)] if len(inputs) > len(_PROJECTIONS) else None
    masking = Masking(flag(layer.parameters, "causal"), mask)
    heads = integer(layer.parameters, "num_heads")
    query, key, value = (writer.channels_last(part) for part in _three(inputs[: len(_PROJECTIONS)]))
    lengths = (_three(inputs[:3])[0].shape[0], _three(inputs[:3])[1].shape[0])
    name = attended(writer, layer.arrays, "", (query, key, value), lengths, heads, masking)
    return Value(name, layer.output_shape)


def attended(
    writer: GraphWriter,
    arrays: Mapping[str, FloatArray],
    prefix: str,
    sources: tuple[str, str, str],
    lengths: tuple[int, int],
    heads: int,
    masking: Masking,
) -> str:
    """Write softmax(query · keyᵀ / √size) · value, and the projections around it.

    Args:
        writer: where to.
        arrays: `<prefix>query_kernel` and so on.
        prefix: of their names.
        sources: what becomes query, key and value, `(batch, positions, width)` each.
        lengths: how many queries and keys there are.
        heads: into how many the width is split.
        masking: what may not be looked at.
    """
    width = arrays[f"{prefix}query_kernel"].shape[1]
    size = width // heads
    query, key, value = (
        _in_heads(writer, arrays, f"{prefix}{part}", source, heads, order)
        for part, source, order in zip(_PROJECTIONS, sources, (_HEADS_FIRST, _KEYS_LAST, _HEADS_FIRST), strict=True)
    )
    scores = writer.node("Mul", writer.node("MatMul", query, key), writer.number("scale", 1.0 / math.sqrt(size)))
    shares = writer.node("Softmax", _masked(writer, scores, lengths, masking), axis=-1)
    return _joined(writer, arrays, prefix, writer.node("MatMul", shares, value), width)


def emit_linear_attention(writer: GraphWriter, layer: ExportedLayer, inputs: tuple[Value, ...]) -> Value:
    """Write φ(q)·Σ φ(k)ᵀv / (φ(q)·Σ φ(k) + eps); causal sums as a masked product."""
    heads, width = integer(layer.parameters, "num_heads"), layer.output_shape[-1]
    query, key, value = (
        _in_heads(writer, layer.arrays, part, writer.channels_last(source), heads, order)
        for part, source, order in zip(
            _PROJECTIONS, _three(inputs), (_HEADS_FIRST, _KEYS_LAST, _HEADS_FIRST), strict=True
        )
    )
    query, key = (_feature_map(writer, name, word(layer.parameters, "feature_map")) for name in (query, key))
    if flag(layer.parameters, "causal"):
        seen = writer.constant("seen", np.tri(layer.output_shape[0], dtype=np.float32))
        near = writer.node("Mul", writer.node("MatMul", query, key), seen)
        weight = writer.node("ReduceSum", near, writer.integers("axes", [-1]), keepdims=1)
        total = writer.node("MatMul", near, value)
    else:
        keys = writer.node("ReduceSum", key, writer.integers("axes", [-1]), keepdims=1)
        weight = writer.node("MatMul", query, keys)
        total = writer.node("MatMul", query, writer.node("MatMul", key, value))
    eps = writer.number("eps", float(str(layer.parameters["eps"])))
    gathered = writer.node("Div", total, writer.node("Add", weight, eps))
    return Value(_joined(writer, layer.arrays, "", gathered, width), layer.output_shape)


def projected(writer: GraphWriter, arrays: Mapping[str, FloatArray], name: str, source: str) -> str:
    """Write the product with `<name>_kernel`, and the sum with `<name>_bias` where there is one."""
    product = writer.node("MatMul", source, writer.constant(f"{name}_kernel", arrays[f"{name}_kernel"]))
    if f"{name}_bias" not in arrays:
        return product
    return writer.node("Add", product, writer.constant(f"{name}_bias", arrays[f"{name}_bias"]))


def _three(inputs: tuple[Value, ...]) -> tuple[Value, Value, Value]:
    """What does not arrive is the one before it."""
    query = inputs[0]
    key = inputs[1] if len(inputs) > 1 else query
    return query, key, inputs[2] if len(inputs) > 2 else key


def _in_heads(
    writer: GraphWriter,
    arrays: Mapping[str, FloatArray],
    name: str,
    source: str,
    heads: int,
    order: tuple[int, ...],
) -> str:
    rows = projected(writer, arrays, name, source)
    split = writer.node("Reshape", rows, writer.integers("heads", [0, 0, heads, -1]))
    return writer.node("Transpose", split, perm=order)


def _masked(writer: GraphWriter, scores: str, lengths: tuple[int, int], masking: Masking) -> str:
    causal = np.tri(*lengths, dtype=np.bool_)
    if masking.mask is None:
        if not masking.is_causal:
            return scores
        hidden = np.where(causal, np.float32(0.0), np.float32(LEAST_SCORE))
        return writer.node("Add", scores, writer.constant("causal", hidden))
    said = writer.node("Cast", writer.channels_last(masking.mask), to=TensorProto.BOOL)
    allowed = writer.reshaped(said, [1, -1, lengths[1]])
    if masking.is_causal:
        allowed = writer.node("And", allowed, writer.constant("causal", causal))
    return writer.node("Where", allowed, scores, writer.number("least", LEAST_SCORE))


def _joined(writer: GraphWriter, arrays: Mapping[str, FloatArray], prefix: str, gathered: str, width: int) -> str:
    """From `(batch, heads, queries, size)` back to `(batch, queries, width)`, and through the last projection."""
    by_query = writer.node("Transpose", gathered, perm=_HEADS_FIRST)
    rows = writer.node("Reshape", by_query, writer.integers("width", [0, 0, width]))
    return projected(writer, arrays, f"{prefix}output", rows)


def _feature_map(writer: GraphWriter, name: str, feature_map: str) -> str:
    if feature_map == "relu":
        return writer.node("Relu", name)
    return writer.node("Add", writer.node("Elu", name), writer.number("one", 1.0))
