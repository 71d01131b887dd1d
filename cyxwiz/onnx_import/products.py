"""Matrix products with weights of the file, and tables in which tokens are looked up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyxwiz.onnx_import.attention import attention_layer, gathered, scores_of
from cyxwiz.onnx_import.attention_pieces import Gathered, Scores
from cyxwiz.onnx_import.carried import Carried
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.sketch import Sketch
from cyxwiz.onnx_import.tensors import Array


def read_gemm(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a product with a matrix, and the bias that may follow."""
    node.demand("transA", 0, "the examples must be the rows; export the model without it")
    kernel = _matrix(node) * np.float32(node.real("alpha", 1.0))
    if node.integer("transB", 0):
        kernel = kernel.T
    value, beta = node.carried(), node.real("beta", 1.0)
    if value.rank != 2:
        raise node.refuse(f"takes vectors, and what arrives has {value.rank - 1} axes; put a Flatten in front")
    bias = node.optional_constant(2)
    if bias is not None:
        bias = _bias(node, bias, kernel.shape[1]) * np.float32(beta)
    return (_dense(sketch, node, value, kernel, bias),)


def read_matmul(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a product with a matrix at every position, or one inside attention."""
    left, right = node.held(0), node.held(1)
    match left, right:
        case Carried(), np.ndarray():
            return (_dense(sketch, node, left, _matrix(node), None),)
        case Gathered(), np.ndarray():
            return (attention_layer(sketch, node, left, _matrix(node)),)
        case Carried(), Carried():
            return (scores_of(sketch, node, left, right),)
        case Scores(), Carried():
            return (gathered(sketch, node, left, right),)
        case _:
            raise node.refuse("multiplies matrices in an order that becomes no layer; taken is a value times weights")


def read_table(sketch: Sketch, node: OnnxNode) -> Held:
    """Read the look-up of tokens in a table of the file."""
    table, tokens = node.constant(0), node.carried(1)
    if table.ndim != 2 or node.axis("axis", 2, default=0) != 0:
        raise node.refuse(f"looks tokens up in numbers of shape {table.shape}; a table is (tokens, width), axis 0")
    if tokens.axes != tuple(range(tokens.rank)):
        tokens = Carried(sketch.plain(tokens), tuple(tokens.file_shape[1:]), tuple(range(tokens.rank)))
    written = {"vocab_size": table.shape[0], "embedding_dim": table.shape[1]}
    layer = sketch.add("embedding", written, [tokens.layer], {"table": table})
    return Carried(layer, sketch.layers[layer].shape, tuple(range(tokens.rank + 1)))


def _dense(sketch: Sketch, node: OnnxNode, value: Carried, kernel: Array, bias: Array | None) -> Carried:
    """The layer, over the last axis of the file's value."""
    last = value.rank - 1
    rest = tuple(axis for axis in value.axes if axis != last)
    if value.folded is not None and kernel.shape[0] == value.shape[0]:
        kernel = kernel[value.folded.places_in_file()]
        value = replace(value, folded=None)
    value = sketch.unfolded(value)
    if value.axes[0] == last:
        raise node.refuse("multiplies along the examples; it must be along an axis of one example")
    layer = sketch.ordered(value, (*rest, last))
    shape = sketch.layers[layer].shape
    if shape[-1] != kernel.shape[0]:
        raise node.refuse(f"multiplies {shape[-1]} numbers by weights {kernel.shape}; the first must be {shape[-1]}")
    written = {"units": kernel.shape[1], "use_bias": bias is not None}
    arrays = {"kernel": kernel} | ({} if bias is None else {"bias": bias})
    added = sketch.add("dense" if len(shape) == 1 else "time_distributed", written, [layer], arrays)
    sketch.layers[added].takes_bias = bias is None
    return Carried(added, sketch.layers[added].shape, (*rest, last))


def _matrix(node: OnnxNode) -> Array:
    matrix = node.constant(1)
    if matrix.ndim != 2:
        raise node.refuse(f"multiplies by weights of shape {matrix.shape}; taken are matrices, of two axes")
    return matrix.astype(np.float32, copy=False)


def _bias(node: OnnxNode, bias: Array, units: int) -> Array:
    if bias.size not in {1, units} or bias.shape[-1:] not in {(), (1,), (units,)}:
        raise node.refuse(f"adds numbers of shape {bias.shape}, and a bias has {units}, the same for all examples")
    return np.broadcast_to(bias.reshape(-1), (units,)).astype(np.float32)
