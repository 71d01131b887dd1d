"""Attention out of its pieces: heads, products of queries and keys, a mask, a softmax, what is gathered, rows again."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cyxwiz.onnx_import.attention_pieces import Gathered, Projection, Scores, Stage
from cyxwiz.onnx_import.carried import Carried
from cyxwiz.onnx_import.node import OnnxNode
from cyxwiz.onnx_import.sketch import Sketch, SketchedLayer
from cyxwiz.onnx_import.tensors import Array
from shared.model_definition.graph import Shape

HIDDEN = -1e4
"""A score below this is that of a key that must not be looked at."""
_HEADS_FIRST, _KEYS_LAST = (0, 2, 1, 3), (0, 3, 1, 2)
"""Where position, head and size lie in the file, for queries and values, and for keys."""


def scores_of(sketch: Sketch, node: OnnxNode, query: Carried, key: Carried) -> Scores:
    """The product of queries and keys; refused where it is none."""
    queries, keys = (_projection(sketch, value, axes) for value, axes in ((query, _HEADS_FIRST), (key, _KEYS_LAST)))
    if queries is None or keys is None or queries[0].heads != keys[0].heads:
        raise node.refuse(
            "multiplies two computed values, which is taken only as attention: a MatMul with weights each, a Reshape "
            "to [batch, positions, heads, size], a Transpose to [0, 2, 1, 3], of the keys to [0, 2, 3, 1]"
        )
    return Scores(queries[0], keys[0], queries[1] * keys[1])


def scaled(node: OnnxNode, scores: Scores, factor: Array) -> Scores:
    """The scores times one number."""
    if factor.size != 1 or scores.is_shared_out:
        raise node.refuse(f"multiplies attention's scores by numbers of shape {factor.shape}; taken is one number")
    return replace(scores, scale=scores.scale * float(factor.reshape(-1)[0]))


def masked(node: OnnxNode, scores: Scores, added: Array) -> Scores:
    """The scores with a constant mask added."""
    return _with_mask(node, scores, added > HIDDEN, added[added > HIDDEN])


def chosen(node: OnnxNode, scores: Scores, condition: Array, other: Array, *, keeps_where: bool) -> Scores:
    """The scores where a constant condition holds, and something very small elsewhere."""
    if other.size != 1 or not float(other.reshape(-1)[0]) < HIDDEN:
        raise node.refuse("chooses between attention's scores and numbers that are not very small")
    return _with_mask(node, scores, condition.astype(np.bool_) == keeps_where, np.zeros(1))


def _with_mask(node: OnnxNode, scores: Scores, is_allowed: Array, rest: Array) -> Scores:
    queries, keys = scores.query.length, scores.key.length
    shape = is_allowed.shape
    is_square = len(shape) >= 2 and shape[-2:] == (queries, keys) and is_allowed.size == queries * keys
    if rest.any() or scores.is_shared_out or (not is_square and not is_allowed.all()):
        raise node.refuse(f"masks attention with numbers of shape {shape} that are no causal mask, the one taken")
    if is_allowed.all():
        return scores
    if queries != keys or not np.array_equal(is_allowed.reshape(queries, keys), np.tri(queries, dtype=np.bool_)):
        raise node.refuse("masks attention in another way than causally, where each position sees itself and before")
    return replace(scores, is_causal=True)


def shared_out(node: OnnxNode, scores: Scores) -> Scores:
    """The softmax of the scores over the keys."""
    if node.axis("axis", 4, default=-1) != 3 or scores.is_shared_out:
        raise node.refuse("takes the softmax of attention's scores over another axis than the keys")
    return replace(scores, is_shared_out=True)


def gathered(sketch: Sketch, node: OnnxNode, scores: Scores, value: Carried) -> Gathered:
    """The values that queries gather."""
    found = _projection(sketch, value, _HEADS_FIRST)
    if found is None or not scores.is_shared_out or found[0].heads != scores.query.heads:
        raise node.refuse("gathers by attention's scores what are no values in heads, or before their softmax")
    projection, factor = found
    bias = None if projection.bias is None else projection.bias * np.float32(factor)
    return Gathered(
        scores, replace(projection, kernel=projection.kernel * np.float32(factor), bias=bias), Stage.HEADS_FIRST
    )


def transposed(node: OnnxNode, held: Gathered, order: Shape) -> Gathered:
    """The gathered values with the positions in front of the heads."""
    if held.stage is not Stage.HEADS_FIRST or order != (0, 2, 1, 3):
        raise node.refuse(f"moves what attention gathered to {list(order)}, which is not taken")
    return replace(held, stage=Stage.POSITIONS_FIRST)


def joined(node: OnnxNode, held: Gathered, shape: list[int]) -> Gathered:
    """The gathered values as rows."""
    width = held.value.kernel.shape[1]
    fits = len(shape) == 3 and shape[1] in {0, -1, held.scores.query.length} and shape[2] in {-1, width}
    if held.stage is not Stage.POSITIONS_FIRST or not fits:
        raise node.refuse(f"reshapes what attention gathered to {shape}, not to rows [batch, positions, {width}]")
    return replace(held, stage=Stage.ROWS)


def attention_layer(sketch: Sketch, node: OnnxNode, held: Gathered, kernel: Array) -> Carried:
    """The whole layer, its last projection being the kernel."""
    query, key, value = held.scores.query, held.scores.key, held.value
    width = value.kernel.shape[1]
    if held.stage is not Stage.ROWS or {query.kernel.shape[1], key.kernel.shape[1], *kernel.shape} != {width}:
        raise node.refuse(f"ends attention of width {width} with weights {kernel.shape}; taken is ({width}, {width})")
    factor = np.float32(held.scores.scale * math.sqrt(width // query.heads))
    parts = {"query": _times(query, factor), "key": key, "value": value}
    arrays = {f"{name}_kernel": part.kernel for name, part in parts.items()} | {"output_kernel": kernel}
    has_bias = any(part.bias is not None for part in parts.values())
    if has_bias:
        zeros = np.zeros((width,), np.float32)
        arrays |= {f"{name}_bias": zeros if part.bias is None else part.bias for name, part in parts.items()}
        arrays["output_bias"] = zeros
    sources = [query.source, key.source, value.source]
    is_self = len(set(sources)) == 1
    written = {"embed_dim": width, "num_heads": query.heads, "use_bias": has_bias, "causal": held.scores.is_causal}
    layer = sketch.add(
        "self_attention" if is_self else "multi_head_attention", written, sources[:1] if is_self else sources, arrays
    )
    sketch.layers[layer].takes_bias = True
    return Carried(layer, sketch.layers[layer].shape, (0, 1, 2))


def _times(projection: Projection, factor: np.float32) -> Projection:
    if math.isclose(float(factor), 1.0, rel_tol=1e-6):
        return projection
    bias = None if projection.bias is None else projection.bias * factor
    return replace(projection, kernel=projection.kernel * factor, bias=bias)


def _projection(sketch: Sketch, value: Carried, axes: Shape) -> tuple[Projection, float] | None:
    """Look back from heads to what was projected; with the number that it has been multiplied by."""
    if value.axes != axes:
        return None
    layer, factor = _without_factor(sketch, sketch.layers[value.layer])
    if layer.kind != "reshape":
        return None
    rows = sketch.layers[layer.inputs[0]]
    rows, more = _without_factor(sketch, rows)
    length, heads, size = value.shape
    if rows.kind != "time_distributed" or rows.shape != (length, heads * size):
        return None
    source = rows.inputs[0]
    shape = sketch.layers[source].shape
    if len(shape) != 2:
        return None
    return Projection(source, shape, rows.arrays["kernel"], rows.arrays.get("bias"), heads), factor * more


def _without_factor(sketch: Sketch, layer: SketchedLayer) -> tuple[SketchedLayer, float]:
    """Step over multiplications by one constant number."""
    factor = 1.0
    while layer.kind == "multiply" and sketch.layers[layer.inputs[1]].kind == "constant":
        factor *= float(str(sketch.layers[layer.inputs[1]].written["value"]))
        layer = sketch.layers[layer.inputs[0]]
    return layer, factor
