"""What gives a value another shape or order of axes. An order is only written down; a shape may cost a layer."""

from __future__ import annotations

import math

import numpy as np

from cyxwiz.onnx_import.attention import joined, transposed
from cyxwiz.onnx_import.attention_pieces import Gathered
from cyxwiz.onnx_import.carried import BATCH, Carried, plain_axes
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.normalizations import without_axes
from cyxwiz.onnx_import.sketch import Sketch
from cyxwiz.onnx_import.tensors import Array
from shared.model_definition.graph import Shape

LARGEST_SPREAD = 2**24
"""Numbers that may be written out of fewer."""


def read_shape(_sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the question for a value's shape; the number of examples stays open."""
    sizes = node.carried().file_shape
    end = node.integer("end", len(sizes))
    return (np.asarray(sizes[node.integer("start", 0) : end], np.int64),)


def read_flatten(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read an example's numbers as a vector."""
    value = node.carried()
    if node.axis("axis", value.rank + 1, default=1) != 1 or value.axes[0] != 0:
        raise node.refuse("flattens examples together; taken is axis=1, an example's own numbers")
    return (_flat(sketch, value),)


def read_reshape(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read another shape of the same numbers, the examples staying where they are."""
    node.demand("allowzero", 0, "a 0 must mean the axis as it is")
    held, written = node.held(0), [int(size) for size in node.constant(1).reshape(-1)]
    if isinstance(held, Gathered):
        return (joined(node, held, written),)
    value = node.carried()
    target = _with_copies(node, value, written)
    batch = value.axes[0]
    if batch == 0:
        shape = _example_shape(node, value, target[0], target[1:])
        if len(shape) == 1:
            return (_flat(sketch, value),)
        return (Carried(sketch.reshaped(sketch.plain(value), shape), shape, plain_axes(len(shape) + 1)),)
    if batch != 1 or target[0] != value.file_shape[0]:
        raise node.refuse(f"reshapes to {written}, which moves the examples; they must stay along axis {batch}")
    axes = (1, 0, *range(2, value.rank))
    rest = _example_shape(node, value, target[1], [target[0], *target[2:]])
    return (Carried(sketch.reshaped(sketch.ordered(value, axes), rest), rest, (1, 0, *range(2, len(rest) + 1))),)


def read_transpose(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read another order of axes, which no layer is needed for."""
    held = node.held(0)
    if isinstance(held, Gathered):
        return (transposed(node, held, node.integers("perm", (3, 2, 1, 0))),)
    value = sketch.unfolded(node.carried())
    order = node.integers("perm", tuple(reversed(range(value.rank))))
    if sorted(order) != list(range(value.rank)):
        raise node.refuse(f"says the order {list(order)} for {value.rank} axes")
    return (Carried(value.layer, value.shape, tuple(order.index(axis) for axis in value.axes)),)


def read_squeeze(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a value without axes of one number."""
    value = sketch.unfolded(node.carried())
    given = node.optional_constant(1)
    sizes = value.file_shape
    if given is None:
        axes = {axis for axis, size in enumerate(sizes) if size == 1}
    else:
        axes = {node.own_axis(int(axis), value.rank) for axis in given.reshape(-1)}
    if any(sizes[axis] != 1 for axis in axes):
        raise node.refuse(f"takes out axes {sorted(axes)} of a value {sizes}, where each must hold one number")
    return (without_axes(sketch, node, value, axes),)


def read_unsqueeze(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a value with more axes of one number."""
    value = sketch.unfolded(node.carried())
    given = [int(axis) for axis in node.constant(1).reshape(-1)]
    rank = value.rank + len(given)
    new = sorted({node.own_axis(axis, rank) for axis in given})
    places = [axis for axis in range(rank) if axis not in new]
    axes = [places[axis] for axis in value.axes]
    shape = list(value.shape)
    for axis in new:
        behind = next((place for place, other in enumerate(axes) if place and other > axis), len(axes))
        axes.insert(behind, axis)
        shape.insert(behind - 1, 1)
    return (Carried(sketch.reshaped(value.layer, tuple(shape)), tuple(shape), tuple(axes)),)


def read_expand(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read numbers of the file that are given to every example."""
    held, wanted = node.held(0), [int(size) for size in node.constant(1).reshape(-1)]
    if isinstance(held, np.ndarray):
        return (spread(sketch, node, held, wanted),)
    value = node.carried()
    sizes = [1] * (value.rank - len(wanted)) + wanted
    if len(sizes) != value.rank or any(
        size not in {1, BATCH, own} for size, own in zip(sizes, value.file_shape, strict=True)
    ):
        raise node.refuse(f"repeats a computed value {value.file_shape} to {wanted}, which no layer of ours does")
    return (value,)


def read_constant_of_shape(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read one number at every place, for every example."""
    wanted = [int(size) for size in node.constant(0).reshape(-1)]
    return (spread(sketch, node, node.tensor("value", np.zeros(1, np.float32)), wanted),)


def spread(sketch: Sketch, node: OnnxNode, array: Array, wanted: list[int]) -> Carried:
    """A layer `parameter` of numbers that are the same for every example."""
    if wanted.count(BATCH) != 1:
        raise node.refuse(f"writes numbers out to {wanted}, where one axis must be that of the examples")
    batch = wanted.index(BATCH)
    sizes = tuple(1 if size == BATCH else size for size in wanted)
    try:
        shape = np.broadcast_shapes(array.shape, sizes)
    except ValueError:
        raise node.refuse(f"writes numbers of shape {array.shape} out to {wanted}, which does not fit") from None
    if shape[batch] != 1 or not 0 < math.prod(shape) <= LARGEST_SPREAD or len(shape) != len(wanted):
        raise node.refuse(
            f"writes numbers of shape {array.shape} out to {wanted}, more than {LARGEST_SPREAD:,} or none"
        )
    whole = np.moveaxis(np.broadcast_to(array, shape), batch, 0)[0]
    return as_parameter(sketch, whole, (batch, *(axis for axis in range(len(wanted)) if axis != batch)))


def as_parameter(sketch: Sketch, numbers: Array, axes: Shape) -> Carried:
    """A layer `parameter` with these numbers for every example, their axes as said."""
    shape = numbers.shape or (1,)
    layer = sketch.add("parameter", {"shape": list(shape)}, [], {"value": numbers.reshape(shape)})
    return Carried(layer, shape, axes if numbers.shape else (*axes, 1))


def _flat(sketch: Sketch, value: Carried) -> Carried:
    return value if value.rank == 2 else sketch.flattened(value)


def _with_copies(node: OnnxNode, value: Carried, written: list[int]) -> list[int]:
    """The written sizes, a 0 replaced by what stands there."""
    sizes = value.file_shape
    if len(written) < 2 or len(written) > 16 or any(size == 0 for size in written[len(sizes) :]):
        raise node.refuse(f"reshapes a value {sizes} to {written}; taken is a shape of the examples and their own axes")
    return [sizes[place] if size == 0 else size for place, size in enumerate(written)]


def _example_shape(node: OnnxNode, value: Carried, batch: int, rest: list[int]) -> Shape:
    """One example's new shape, what is left open filled in."""
    numbers, said = math.prod(value.shape), math.prod(size for size in rest if size != BATCH)
    is_open = rest.count(BATCH)
    fits = is_open <= 1 and said > 0 and (numbers % said == 0 if is_open else numbers == said)
    if batch not in {BATCH, node.batch_size} or not fits or min(rest) < BATCH:
        raise node.refuse(
            f"reshapes a value {value.file_shape} to {[batch, *rest]}, which does not keep each example to itself"
        )
    return tuple(numbers // said if size == BATCH else size for size in rest)
