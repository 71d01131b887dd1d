"""Sums and products, number by number: of two values, or of a value and numbers of the file.

A sum with numbers becomes the bias of the layer before it where it can; else the numbers become a layer `parameter`,
which is trained further, and a single number a layer `constant`, which is not.
"""

from __future__ import annotations

import numpy as np

from cyxwiz.onnx_import.attention import chosen, masked, scaled
from cyxwiz.onnx_import.attention_pieces import Scores
from cyxwiz.onnx_import.carried import Carried
from cyxwiz.onnx_import.gelu import gelu_added, gelu_times
from cyxwiz.onnx_import.gelu_pieces import GeluPiece
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.sketch import Sketch
from cyxwiz.onnx_import.tensors import Array
from shared.did_you_mean import quoted

_ALL_BIASES = ("query_bias", "key_bias", "value_bias", "output_bias")


def read_add(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a sum of two."""
    left, right = _value_first(node)
    match left, right:
        case Carried(), Carried():
            return (_merged(sketch, node, "add", left, right),)
        case Scores(), np.ndarray():
            return (masked(node, left, right),)
        case GeluPiece(), np.ndarray():
            return (gelu_added(node, left, right),)
        case Carried(), np.ndarray():
            return (_added(sketch, node, left, right),)
        case _:
            raise _odd_pair(node, left, right)


def read_sub(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a difference, as the sum with what is taken away times -1."""
    left, right = node.held(0), node.held(1)
    if isinstance(right, np.ndarray):
        if isinstance(left, Carried):
            return (_added(sketch, node, left, _real(-right)),)
        raise _odd_pair(node, left, right)
    negative = _times(sketch, node, node.carried(1), np.asarray(-1.0, np.float32))
    if isinstance(left, np.ndarray):
        return (_added(sketch, node, negative, left),)
    return (_merged(sketch, node, "add", node.carried(0), negative),)


def read_mul(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a product of two."""
    return (_product(sketch, node, *_value_first(node)),)


def read_div(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a quotient by numbers of the file, as the product with their reciprocals."""
    left, right = node.held(0), node.held(1)
    if not isinstance(right, np.ndarray):
        raise node.refuse("divides by a computed value; taken are divisions by numbers that stand in the file")
    if not right.all():
        raise node.refuse("divides by 0")
    return (_product(sketch, node, left, np.asarray(1.0 / right.astype(np.float64), np.float32)),)


def read_sum(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a sum, or a mean, of several values."""
    total = node.carried(0)
    for place in range(1, len(node.inputs)):
        total = _merged(sketch, node, "add", total, node.carried(place))
    if node.operator == "Mean" and len(node.inputs) > 1:
        return (_times(sketch, node, total, np.asarray(1.0 / len(node.inputs), np.float32)),)
    return (total,)


def read_where(_sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read attention's mask; nothing else that chooses is taken."""
    condition, left, right = node.constant(0), node.held(1), node.held(2)
    match left, right:
        case Scores(), np.ndarray():
            return (chosen(node, left, condition, right, keeps_where=True),)
        case np.ndarray(), Scores():
            return (chosen(node, right, condition, left, keeps_where=False),)
        case _:
            raise node.refuse("chooses between values, which is taken only as the causal mask of attention")


def _product(sketch: Sketch, node: OnnxNode, left: Held, right: Held) -> Held:
    match left, right:
        case (GeluPiece(), Carried() | np.ndarray()):
            return gelu_times(sketch, node, left, right)
        case Carried(), GeluPiece():
            return gelu_times(sketch, node, right, left)
        case Carried(), Carried():
            return _merged(sketch, node, "multiply", left, right)
        case Scores(), np.ndarray():
            return scaled(node, left, right)
        case Carried(), np.ndarray():
            return _times(sketch, node, left, right)
        case _:
            raise _odd_pair(node, left, right)


def _value_first(node: OnnxNode) -> tuple[Held, Held]:
    left, right = node.held(0), node.held(1)
    return (right, left) if isinstance(left, np.ndarray) else (left, right)


def _odd_pair(node: OnnxNode, left: Held, right: Held) -> Exception:
    names = [f"a part of {held.what}" if isinstance(held, (Scores, GeluPiece)) else "a value" for held in (left, right)]
    return node.refuse(
        f"brings {names[0]} and {names[1]} together, which stands in no form that becomes a layer of ours"
    )


def _merged(sketch: Sketch, node: OnnxNode, kind: str, left: Carried, right: Carried) -> Carried:
    if left.rank != right.rank:
        raise node.refuse(
            f"brings values of {left.rank} and {right.rank} axes together; give them as many, by a Reshape"
        )
    if left.folded is None or left.folded != right.folded:
        left, right = sketch.unfolded(left), sketch.unfolded(right)
    other = right.layer if right.folded is not None else sketch.ordered(right, left.axes)
    layer = sketch.add(kind, {}, [left.layer, other])
    return Carried(layer, sketch.layers[layer].shape, left.axes, left.folded)


def _added(sketch: Sketch, node: OnnxNode, value: Carried, numbers: Array) -> Carried:
    placed = _placed(node, value, _real(numbers))
    layer = sketch.layers[value.layer]
    is_bias = placed.size == value.shape[-1] == placed.shape[-1] and value.folded is None
    if is_bias and layer.takes_bias and layer.shape == value.shape and node.reads_alone(value):
        _take_bias(sketch, value.layer, placed.reshape(-1))
        return value
    return _with_numbers(sketch, "add", value, placed)


def _take_bias(sketch: Sketch, layer_id: int, bias: Array) -> None:
    layer = sketch.layers[layer_id]
    layer.written["use_bias"], layer.takes_bias = True, False
    if "output_kernel" in layer.arrays:
        layer.arrays |= {name: layer.arrays.get(name, np.zeros_like(bias)) for name in _ALL_BIASES}
        layer.arrays["output_bias"] = bias
    else:
        layer.arrays["bias"] = bias


def _times(sketch: Sketch, node: OnnxNode, value: Carried, numbers: Array) -> Carried:
    return _with_numbers(sketch, "multiply", value, _placed(node, value, _real(numbers)))


def _with_numbers(sketch: Sketch, kind: str, value: Carried, placed: Array) -> Carried:
    """Merge a value with numbers whose axes lie as ours do."""
    if placed.size == 1:
        written = {"shape": [1], "value": float(placed.reshape(-1)[0])}
        source = sketch.add("constant", written, [])
    else:
        while placed.shape[0] == 1:
            placed = placed[0]
        source = sketch.add("parameter", {"shape": list(placed.shape)}, [], {"value": placed})
    layer = sketch.add(kind, {}, [value.layer, source])
    return Carried(layer, sketch.layers[layer].shape, value.axes, value.folded)


def _placed(node: OnnxNode, value: Carried, numbers: Array) -> Array:
    """The numbers with one axis for each of an example's, in our order."""
    if numbers.size == 1:
        return numbers.reshape((1,) * len(value.shape))
    if numbers.ndim > value.rank:
        raise node.refuse(f"brings a value of {value.rank} axes together with numbers of shape {quoted(numbers.shape)}")
    wide = numbers.reshape((1,) * (value.rank - numbers.ndim) + numbers.shape).transpose(value.axes)
    if wide.shape[0] != 1:
        raise node.refuse(f"has other numbers, {quoted(numbers.shape)}, for each example; it must be the same for all")
    placed: Array = wide[0]
    if value.folded is not None and placed.shape == value.shape:
        placed = placed[value.folded.places_in_file()]
    return placed


def _real(numbers: Array) -> Array:
    return np.asarray(numbers, np.float32)
