"""What takes parts of a value, or puts values side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyxwiz.onnx_import.carried import Carried
from cyxwiz.onnx_import.moving import as_parameter
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.normalizations import without_axes
from cyxwiz.onnx_import.products import read_table
from cyxwiz.onnx_import.sketch import Sketch


def read_concat(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read values side by side; numbers of the file are given to every example."""
    first = sketch.unfolded(next(held for held in node.inputs if isinstance(held, Carried)))
    axis = node.axis("axis", first.rank, default=-1)
    if axis == first.axes[0]:
        raise node.refuse("puts examples behind one another; it must be along an axis of one example")
    values = [_as_value(sketch, node, place, first) for place in range(len(node.inputs))]
    layers = [sketch.ordered(value, first.axes) for value in values]
    if len(layers) == 1:
        return (first,)
    layer = sketch.add("concatenate", {"dim": first.own(axis) - len(first.shape)}, layers)
    return (Carried(layer, sketch.layers[layer].shape, first.axes),)


def read_slice(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a part of some axes, without gaps."""
    value = sketch.unfolded(node.carried())
    starts, ends = ([int(number) for number in node.constant(place).reshape(-1)] for place in (1, 2))
    axes, steps = node.optional_constant(3), node.optional_constant(4)
    places = list(range(len(starts))) if axes is None else [int(axis) for axis in axes.reshape(-1)]
    if steps is not None and set(steps.reshape(-1).tolist()) != {1}:
        raise node.refuse(f"takes every {steps.reshape(-1).tolist()[0]}th place; taken are parts without gaps")
    if not len(starts) == len(ends) == len(places):
        raise node.refuse(f"says {len(starts)} starts, {len(ends)} ends and {len(places)} axes, which must be as many")
    for start, end, place in zip(starts, ends, places, strict=True):
        value = _sliced(sketch, node, value, node.own_axis(place, value.rank), start, end)
    return (value,)


def read_split(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read an axis cut into parts."""
    value = sketch.unfolded(node.carried())
    axis = node.axis("axis", value.rank, default=0)
    if axis == value.axes[0]:
        raise node.refuse("parts the examples; it must part an axis of one example")
    size, parts = value.file_shape[axis], len(node.outputs)
    node.ignore("num_outputs")
    given = node.optional_constant(1)
    each = -(-size // parts)
    sizes = [each] * (parts - 1) + [size - each * (parts - 1)] if given is None else given.reshape(-1).tolist()
    if sum(sizes) != size or min(sizes) < 1 or len(sizes) != parts:
        raise node.refuse(f"parts {size} numbers into {sizes[:8]} for {parts} outputs")
    ends = np.cumsum(sizes).tolist()
    return tuple(
        _cut(sketch, value, axis, end - length, end) if node.is_read(place) else value
        for place, (length, end) in enumerate(zip(sizes, ends, strict=True))
    )


def read_gather(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the look-up of tokens in a table, or places next to one another of an axis."""
    if isinstance(node.held(0), np.ndarray):
        return (read_table(sketch, node),)
    value, places = sketch.unfolded(node.carried()), node.constant(1)
    axis = node.axis("axis", value.rank, default=0)
    if axis == value.axes[0]:
        raise node.refuse("picks examples; it must pick along an axis of one example")
    size = value.file_shape[axis]
    numbers = [int(place) + (size if place < 0 else 0) for place in places.reshape(-1)[: size + 1]]
    is_row = bool(numbers) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if places.ndim > 1 or not is_row or numbers[0] < 0 or numbers[-1] >= size:
        raise node.refuse(f"picks {numbers[:8]} of {size} places; taken are places that lie next to one another")
    if places.ndim == 0 and numbers[0] == size - 1 and len(value.shape) == 2 and value.own(axis) == 0:
        layer = sketch.add("last_state", {}, [value.layer])
        kept = sorted(one for one in value.axes if one != axis)
        axes = tuple(kept.index(one) for one in value.axes if one != axis)
        return (Carried(layer, sketch.layers[layer].shape, axes),)
    part = _cut(sketch, value, axis, numbers[0], numbers[-1] + 1)
    return (without_axes(sketch, node, part, {axis}) if places.ndim == 0 else part,)


def read_pad(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read positions of one value put around an example's axes."""
    node.demand("mode", "constant", "taken is padding with one value")
    value = sketch.unfolded(node.carried())
    pads = [int(number) for number in node.constant(1).reshape(-1)]
    filler, axes = node.optional_constant(2), node.optional_constant(3)
    places = range(value.rank) if axes is None else [node.own_axis(int(axis), value.rank) for axis in axes.reshape(-1)]
    if len(pads) != 2 * len(places):
        raise node.refuse(f"has {len(pads)} pads for {len(places)} axes, and needs two for each")
    sides = {axis: (pads[place], pads[place + len(places)]) for place, axis in enumerate(places)}
    if any(sides.pop(value.axes[0], (0, 0))):
        raise node.refuse("adds examples; it must pad axes of one example")
    amounts = [number for axis in value.axes[1:] for number in sides.get(axis, (0, 0))]
    if not any(amounts):
        return (value,)
    number = 0.0 if filler is None or not filler.size else float(filler.reshape(-1)[0])
    return (_padded(sketch, value, amounts, number),)


def _as_value(sketch: Sketch, node: OnnxNode, place: int, first: Carried) -> Carried:
    held = node.held(place)
    if not isinstance(held, np.ndarray):
        return node.carried(place)
    batch = first.axes[0]
    if held.ndim != first.rank or held.shape[batch] != 1:
        raise node.refuse(f"puts numbers of shape {held.shape} beside a value {first.file_shape}, which does not fit")
    others = tuple(axis for axis in range(first.rank) if axis != batch)
    return as_parameter(sketch, np.moveaxis(held, batch, 0)[0], (batch, *others))


def _sliced(sketch: Sketch, node: OnnxNode, value: Carried, axis: int, start: int, end: int) -> Carried:
    if axis == value.axes[0]:
        if start != 0 or end < 2**31 - 1:
            raise node.refuse(f"takes the examples {start} to {end}; it must take parts of one example")
        return value
    size = value.file_shape[axis]
    first, last, _step = slice(start, end).indices(size)
    if last <= first:
        raise node.refuse(f"takes {start} to {end} of {size} places, which is nothing")
    return _cut(sketch, value, axis, first, last)


def _cut(sketch: Sketch, value: Carried, axis: int, start: int, end: int) -> Carried:
    """Places of one axis: one of several equal parts, or what is left when the ends are cut off."""
    own, size, wide = value.own(axis), value.file_shape[axis], end - start
    if wide == size:
        return value
    if size % wide == 0 and start % wide == 0:
        written = {"parts": size // wide, "index": start // wide, "dim": own - len(value.shape)}
        layer = sketch.add("split", written, [value.layer])
        return Carried(layer, sketch.layers[layer].shape, value.axes)
    amounts = [0] * (2 * len(value.shape))
    amounts[2 * own : 2 * own + 2] = [-start, end - size]
    return _padded(sketch, value, amounts, 0.0)


def _padded(sketch: Sketch, value: Carried, amounts: Sequence[int], filler: float) -> Carried:
    layer = sketch.add("pad", {"amounts": list(amounts), "value": filler}, [value.layer])
    return Carried(layer, sketch.layers[layer].shape, value.axes)
