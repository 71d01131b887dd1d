"""Nodes that compute numbers from numbers of the file: they are computed here, within a bound, and are no layers.

Such nodes make shapes, mostly. A shape asked of a value holds `BATCH` for the number of examples; nothing is computed
with that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from onnx import TensorProto

from cyxwiz.onnx_import.carried import BATCH
from cyxwiz.onnx_import.node import OnnxNode
from cyxwiz.onnx_import.tensors import Array

LARGEST_FOLDED = 2**24
"""Numbers that one such node may give."""
_TYPES: Mapping[int, type[np.generic]] = {
    TensorProto.FLOAT: np.float32,
    TensorProto.DOUBLE: np.float32,
    TensorProto.FLOAT16: np.float32,
    TensorProto.INT32: np.int32,
    TensorProto.INT64: np.int64,
    TensorProto.BOOL: np.bool_,
}
_ARITHMETIC: Mapping[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
}


def _constant(node: OnnxNode) -> Array:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if node.says(name):
            value = node.plain(name)
            is_whole = isinstance(value, int) or name == "value_ints"
            return value if isinstance(value, np.ndarray) else np.asarray(value, np.int64 if is_whole else np.float32)
    raise node.refuse("holds no numbers; taken are value, value_float, value_int, value_floats and value_ints")


def _cast(node: OnnxNode) -> Array:
    node.ignore("saturate", "round_mode")
    wanted = _TYPES.get(node.integer("to"))
    if wanted is None:
        raise node.refuse(f"casts to type {node.integer('to')}; taken are real and whole numbers")
    return node.constant(0).astype(wanted)


def _reshape(node: OnnxNode) -> Array:
    array, shape = node.constant(0), [int(size) for size in node.constant(1)]
    node.ignore("allowzero")
    return array.reshape([array.shape[place] if size == 0 else size for place, size in enumerate(shape)])


def _transpose(node: OnnxNode) -> Array:
    array = node.constant(0)
    return array.transpose(node.integers("perm", tuple(reversed(range(array.ndim)))))


def _squeeze(node: OnnxNode) -> Array:
    axes = node.optional_constant(1)
    return np.squeeze(node.constant(0), None if axes is None else tuple(int(axis) for axis in axes.reshape(-1)))


def _unsqueeze(node: OnnxNode) -> Array:
    return np.expand_dims(node.constant(0), tuple(int(axis) for axis in node.constant(1).reshape(-1)))


def _concat(node: OnnxNode) -> Array:
    arrays = [node.constant(place) for place in range(len(node.inputs))]
    _check_size(node, sum(array.size for array in arrays))
    return np.concatenate(arrays, axis=node.integer("axis"))


def _slice(node: OnnxNode) -> Array:
    array = node.constant(0)
    starts, ends = (node.constant(place).reshape(-1).tolist() for place in (1, 2))
    axes, steps = node.optional_constant(3), node.optional_constant(4)
    places = range(len(starts)) if axes is None else axes.reshape(-1).tolist()
    wide = [1] * len(starts) if steps is None else steps.reshape(-1).tolist()
    cuts = [slice(None)] * array.ndim
    for start, end, place, step in zip(starts, ends, places, wide, strict=True):
        cuts[place] = slice(start, end if end > -(2**31) else None, step)
    return array[tuple(cuts)]


def _gather(node: OnnxNode) -> Array:
    array, places = node.constant(0), node.constant(1)
    axis = node.axis("axis", max(array.ndim, 1), default=0)
    _check_size(node, array.size // max(array.shape[axis], 1) * places.size)
    return np.take(array, places.astype(np.int64), axis=axis)


def _expand(node: OnnxNode) -> Array:
    array, wanted = node.constant(0), tuple(int(size) for size in node.constant(1).reshape(-1))
    shape = np.broadcast_shapes(array.shape, wanted)
    _check_size(node, math.prod(shape))
    return np.broadcast_to(array, shape).copy()


def _constant_of_shape(node: OnnxNode) -> Array:
    shape = tuple(int(size) for size in node.constant(0).reshape(-1))
    _check_size(node, math.prod(shape))
    return np.full(shape, node.tensor("value", np.zeros(1, np.float32)).reshape(-1)[0])


def _shape(node: OnnxNode) -> Array:
    sizes = node.constant(0).shape
    return np.asarray(sizes[node.integer("start", 0) : node.integer("end", len(sizes))], np.int64)


def _computed(node: OnnxNode) -> Array:
    left, right = node.constant(0), node.constant(1)
    for array in (left, right):
        if array.dtype.kind == "i" and (array == BATCH).any():
            raise node.refuse("computes with the number of examples, which is open")
    _check_size(node, math.prod(np.broadcast_shapes(left.shape, right.shape)))
    if node.operator == "Div" and left.dtype.kind == "i":
        return left // right if right.all() else left
    return np.asarray(_ARITHMETIC[node.operator](left, right), left.dtype)


FOLDS: Mapping[str, Callable[[OnnxNode], Array]] = {
    "Constant": _constant,
    "Identity": lambda node: node.constant(0),
    "Cast": _cast,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Concat": _concat,
    "Slice": _slice,
    "Gather": _gather,
    "Expand": _expand,
    "ConstantOfShape": _constant_of_shape,
    "Shape": _shape,
    "Sqrt": lambda node: np.sqrt(node.constant(0)),
    "Neg": lambda node: -node.constant(0),
    **dict.fromkeys(_ARITHMETIC, _computed),
}
"""By operator, when every input stands in the file."""


def is_folded(node: OnnxNode) -> bool:
    """Whether the node computes numbers from numbers; one that spreads them over the examples does not."""
    if node.operator not in FOLDS or not all(held is None or isinstance(held, np.ndarray) for held in node.inputs):
        return False
    spreads = {"Expand": 1, "ConstantOfShape": 0}.get(node.operator)
    return spreads is None or not node.has(spreads) or BATCH not in node.constant(spreads)


def folded(node: OnnxNode) -> Array:
    """The numbers that such a node gives; refused where numpy refuses them."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(FOLDS[node.operator](node))
    except (ValueError, IndexError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise node.refuse(f"cannot be computed from the numbers it is given: {error}") from None


def _check_size(node: OnnxNode, size: int) -> None:
    if not 0 <= size <= LARGEST_FOLDED:
        raise node.refuse(f"would write {size:,} numbers out; at most {LARGEST_FOLDED:,} are taken")
