"""Normalisations, and means along axes."""

from __future__ import annotations

import numpy as np

from cyxwiz.onnx_import.carried import Carried, channels_last_axes
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.sketch import Sketch
from cyxwiz.onnx_import.tensors import Array
from cyxwiz.onnx_import.windows import pooled_globally

_PER_CHANNEL_OPSET = 21
"""Since then a GroupNormalization has one scale a channel; before, one a group."""


def read_batch_norm(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the form for inference."""
    node.demand("training_mode", 0, "export the model for inference")
    value = _by_channels_last(sketch, node)
    written = {"epsilon": node.real("epsilon", 1e-5), "momentum": 1.0 - node.real("momentum", 0.9)}
    names = ("scale", "bias", "mean", "variance")
    arrays = {name: _by_channel(node, node.constant(place), value) for place, name in enumerate(names, start=1)}
    return (sketch.follow(value, "batch_norm", written, arrays),)


def read_layer_norm(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the normalisation of an example's last axes."""
    node.ignore("stash_type")
    if node.is_read(1) or node.is_read(2):
        raise node.refuse("gives its means to somebody; only its first output is taken")
    value = sketch.unfolded(node.carried())
    first = node.axis("axis", value.rank, default=-1)
    last = tuple(range(first, value.rank))
    if value.axes[0] in last:
        raise node.refuse("normalises over the examples; it must be over axes of one example")
    if value.axes[-len(last) :] != last:
        axes = (*(axis for axis in value.axes if axis not in last), *last)
        value = Carried(sketch.ordered(value, axes), value.shape_in(axes), axes)
    shape = value.shape[-len(last) :]
    scale = _of_shape(node, node.constant(1), shape)
    bias = node.optional_constant(2)
    arrays = {"scale": scale, "bias": np.zeros(shape, np.float32) if bias is None else _of_shape(node, bias, shape)}
    written = {"normalized_shape": list(shape), "epsilon": node.real("epsilon", 1e-5)}
    return (sketch.follow(value, "layer_norm", written, arrays),)


def read_instance_norm(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the normalisation of each channel over its positions."""
    value = _by_channels_last(sketch, node)
    arrays = {name: _by_channel(node, node.constant(place), value) for place, name in ((1, "scale"), (2, "bias"))}
    is_plain = bool((arrays["scale"] == 1).all() and not arrays["bias"].any())
    written = {"epsilon": node.real("epsilon", 1e-5), "affine": not is_plain}
    return (sketch.follow(value, "instance_norm", written, {} if is_plain else arrays),)


def read_group_norm(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the normalisation of groups of channels."""
    value, groups = _by_channels_last(sketch, node), node.integer("num_groups")
    node.ignore("stash_type")
    arrays = {}
    for place, name in ((1, "scale"), (2, "bias")):
        array = node.constant(place)
        if node.opset < _PER_CHANNEL_OPSET and groups > 0 and array.size == groups and not value.shape[-1] % groups:
            array = np.repeat(array.reshape(-1), value.shape[-1] // groups)
        arrays[name] = _by_channel(node, array, value)
    written = {"num_groups": groups, "epsilon": node.real("epsilon", 1e-5)}
    return (sketch.follow(value, "group_norm", written, arrays),)


def read_mean(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the mean along axes of one example."""
    value = sketch.unfolded(node.carried())
    given = node.optional_constant(1)
    written = node.integers("axes", ()) if given is None else tuple(int(axis) for axis in given.reshape(-1))
    axes = {node.own_axis(axis, value.rank) for axis in written}
    node.ignore("noop_with_empty_axes")
    if not axes or value.axes[0] in axes:
        raise node.refuse("takes the mean over the examples; it must be over axes of one example")
    keeps = node.integer("keepdims", 1) == 1
    value = _averaged(sketch, value, axes)
    return (value if keeps else without_axes(sketch, node, value, axes),)


def without_axes(sketch: Sketch, node: OnnxNode, value: Carried, axes: set[int]) -> Carried:
    """The value without those of the file's axes, which hold one number each."""
    kept = [axis for axis in value.axes if axis not in axes]
    if len(kept) < 2:
        raise node.refuse("would leave an example no axis; keep one of them")
    numbers = sorted(kept)
    shape = value.shape_in(tuple(kept))
    return Carried(sketch.reshaped(value.layer, shape), shape, tuple(numbers.index(axis) for axis in kept))


def _averaged(sketch: Sketch, value: Carried, axes: set[int]) -> Carried:
    if axes == set(value.axes[1:-1]):
        return pooled_globally(sketch, value, "global_avg_pool")
    layer = value.layer
    for axis in sorted(axes):
        layer = sketch.add("average", {"dim": value.own(axis) - len(value.shape), "keepdim": True}, [layer])
    return Carried(layer, sketch.layers[layer].shape, value.axes)


def _by_channels_last(sketch: Sketch, node: OnnxNode) -> Carried:
    value = node.carried()
    if value.rank == 2 and value.axes == (0, 1):
        return value
    axes = channels_last_axes(value.rank)
    return Carried(sketch.ordered(value, axes), value.shape_in(axes), axes)


def _by_channel(node: OnnxNode, array: Array, value: Carried) -> Array:
    placed = _of_shape(node, array, value.shape[-1:])
    return placed if value.folded is None else placed[value.folded.places_in_file()]


def _of_shape(node: OnnxNode, array: Array, shape: tuple[int, ...]) -> Array:
    if array.size not in {1, int(np.prod(shape))}:
        raise node.refuse(f"has numbers of shape {array.shape} where {shape} are needed")
    return np.broadcast_to(array if array.size == 1 else array.reshape(shape), shape).astype(np.float32)
