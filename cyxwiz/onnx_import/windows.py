"""Convolutions and poolings. Where the padding is neither none nor our `same`, a layer `pad` stands in front."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cyxwiz.onnx_import.carried import Carried, channels_last_axes
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.sketch import Sketch
from cyxwiz.onnx_import.tensors import Array
from shared.model_definition.graph import Shape

LOWEST = -1e12
"""In front of a max pooling it never wins; the least that a layer `pad` takes."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A window as the file says it, for the sliding axes."""

    size: Shape
    stride: Shape
    before: Shape
    behind: Shape


def image(sketch: Sketch, node: OnnxNode, *, ranks: tuple[int, ...] = (1, 2, 3)) -> Carried:
    """The first input with its channels, axis 1 of the file, behind the sliding axes."""
    value = node.carried()
    if value.rank - 2 not in ranks:
        raise node.refuse(
            f"slides over {value.rank - 2} axes; taken are {' to '.join(map(str, sorted({ranks[0], ranks[-1]})))}"
        )
    axes = channels_last_axes(value.rank)
    return Carried(sketch.ordered(value, axes), value.shape_in(axes), axes)


def read_conv(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a convolution of one group, or of as many as there are channels."""
    value, kernel = image(sketch, node), node.constant(1)
    _check_kernel(node, kernel, value, 1 if node.integer("group", 1) > 1 else value.shape[-1])
    value, written = _padded(sketch, node, value, _window(node, value.shape[:-1], kernel.shape[2:]), 0.0)
    groups, rank = node.integer("group", 1), kernel.ndim - 2
    arrays = _with_bias(node, kernel.shape[0])
    written |= {"kernel_size": list(kernel.shape[2:]), "use_bias": "bias" in arrays}
    if groups == 1:
        order = (*range(2, kernel.ndim), 1, 0)
        kind, arrays["kernel"], written["filters"] = f"conv{rank}d", kernel.transpose(order), kernel.shape[0]
    else:
        kind, arrays["kernel"], written["depth_multiplier"] = _by_channel(node, kernel, value.shape[-1], groups)
    return (_layer(sketch, value, kind, written, arrays),)


def read_conv_transpose(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a transposed convolution; what its padding cuts off, and ours does not, a layer `pad` takes away."""
    value, kernel = image(sketch, node), node.constant(1)
    node.demand("group", 1, "transposed convolutions are taken with one group")
    if kernel.ndim != value.rank or kernel.shape[0] != value.shape[-1]:
        raise node.refuse(f"has weights {kernel.shape} for {value.shape[-1]} channels of {value.rank - 2} axes")
    if node.says("output_shape"):
        raise node.refuse("says output_shape; write its pads and output_padding instead")
    rank = kernel.ndim - 2
    window = _window(node, value.shape[:-1], kernel.shape[2:])
    beyond = node.integers("output_padding", (0,) * rank)
    arrays = _with_bias(node, kernel.shape[1]) | {"kernel": kernel.transpose(*range(2, kernel.ndim), 0, 1)}
    written = {
        "filters": kernel.shape[1],
        "kernel_size": list(window.size),
        "stride": list(window.stride),
        "use_bias": "bias" in arrays,
        "transposed": True,
    }
    if _is_same_transposed(window, beyond):
        return (_layer(sketch, value, f"conv{rank}d", written | {"padding": "same"}, arrays),)
    whole = _layer(sketch, value, f"conv{rank}d", written | {"padding": "valid"}, arrays)
    cuts = [
        (-before, more - behind - max(step - wide, 0))
        for before, behind, more, step, wide in zip(
            window.before, window.behind, beyond, window.stride, window.size, strict=True
        )
    ]
    if any(max(sides) > 0 for sides in cuts):
        raise node.refuse(f"says output_padding={list(beyond)}, which reaches beyond the last window")
    return (_with_pad(sketch, whole, cuts, 0.0),)


def read_pool(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a pooling of windows; a mean over the real positions, or over the padded ones."""
    value = image(sketch, node)
    sizes = node.integers("kernel_shape")
    if len(sizes) != value.rank - 2:
        raise node.refuse(f"has a window {list(sizes)} for {value.rank - 2} axes")
    is_max = node.operator == "MaxPool"
    node.ignore("storage_order")
    counts_padding = not is_max and node.integer("count_include_pad", 0) == 1
    if is_max and node.is_read(1):
        raise node.refuse("gives the places of its maxima to somebody; only its first output is taken")
    window = _without_rest(node, value.shape[:-1], _window(node, value.shape[:-1], sizes))
    filler = LOWEST if is_max else 0.0
    padded, written = _padded(sketch, node, value, window, filler, is_mean=not is_max, counts_padding=counts_padding)
    kind = f"{'max' if is_max else 'avg'}_pool{len(sizes)}d"
    layer = sketch.add(kind, written | {"pool_size": list(sizes)}, [padded.layer])
    return (Carried(layer, sketch.layers[layer].shape, value.axes),)


def read_global_pool(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a pooling of everything; the file keeps axes of one number."""
    value = image(sketch, node)
    return (pooled_globally(sketch, value, "global_max_pool" if "Max" in node.operator else "global_avg_pool"),)


def pooled_globally(sketch: Sketch, value: Carried, kind: str) -> Carried:
    """A pooling of all sliding axes, which stay as axes of one number."""
    shape = (*(1 for _ in value.shape[:-1]), value.shape[-1])
    return Carried(sketch.reshaped(sketch.add(kind, {}, [value.layer]), shape), shape, value.axes)


def read_resize(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the repetition of every position, a whole number of times."""
    value = image(sketch, node)
    node.demand("mode", "nearest", "taken is nearest; interpolation is not")
    node.ignore("coordinate_transformation_mode", "nearest_mode", "cubic_coeff_a", "antialias")
    node.ignore("extrapolation_value", "exclude_outside", "keep_aspect_ratio_policy")
    scales = node.optional_constant(2)
    if scales is None or not scales.size:
        sizes = node.constant(3)
        scales = np.asarray([1, 1, *(b / a for a, b in zip(value.shape[:-1], sizes[2:].tolist(), strict=True))])
    factors = scales.astype(np.float64)[2:]
    if scales.size != value.rank or not (scales[:2] == 1).all() or not (factors == factors.astype(int)).all():
        raise node.refuse(f"resizes by {scales.tolist()[:5]}; taken are whole factors of the axes behind the channels")
    layer = sketch.add("upsample", {"size": [int(factor) for factor in factors]}, [value.layer])
    return (Carried(layer, sketch.layers[layer].shape, value.axes),)


def _layer(sketch: Sketch, value: Carried, kind: str, written: dict[str, object], arrays: dict[str, Array]) -> Carried:
    layer = sketch.add(kind, written, [value.layer], arrays)
    sketch.layers[layer].takes_bias = "bias" not in arrays
    return Carried(layer, sketch.layers[layer].shape, value.axes)


def _check_kernel(node: OnnxNode, kernel: Array, value: Carried, channels: int) -> None:
    if kernel.ndim != value.rank or kernel.shape[1] != channels or not kernel.size:
        raise node.refuse(
            f"has weights {kernel.shape} for an input of {value.shape[-1]} channels, axes {value.rank - 2}"
        )


def _by_channel(node: OnnxNode, kernel: Array, channels: int, groups: int) -> tuple[str, Array, int]:
    if groups != channels or kernel.shape[0] % channels or kernel.ndim != 4:
        raise node.refuse(
            f"has {groups} groups for {channels} channels; taken are one group, and in images one for each channel"
        )
    by_position = kernel.transpose(2, 3, 1, 0)
    each = kernel.shape[0] // channels
    return "depthwise_conv2d", by_position.reshape(*kernel.shape[2:], channels, each), each


def _with_bias(node: OnnxNode, filters: int) -> dict[str, Array]:
    bias = node.optional_constant(2)
    if bias is None:
        return {}
    if bias.shape != (filters,):
        raise node.refuse(f"has a bias of shape {bias.shape} for {filters} filters")
    return {"bias": bias}


def _window(node: OnnxNode, sizes: Shape, size: Shape) -> _Window:
    rank = len(sizes)
    if node.integers("kernel_shape", size) != size:
        raise node.refuse(f"says kernel_shape={list(node.integers('kernel_shape'))}, and its weights say {list(size)}")
    stride = node.integers("strides", (1,) * rank)
    if set(node.integers("dilations", (1,) * rank)) != {1}:
        raise node.refuse(f"is dilated by {list(node.integers('dilations'))}; taken are windows without holes")
    if len(stride) != rank or min(*stride, *size) < 1:
        raise node.refuse(f"has strides {list(stride)} and a window {list(size)}, which must be positive, {rank} each")
    return _Window(size, stride, *_pads(node, sizes, size, stride))


def _pads(node: OnnxNode, sizes: Shape, size: Shape, stride: Shape) -> tuple[Shape, Shape]:
    rank, automatic = len(sizes), node.word("auto_pad", "NOTSET")
    pads = node.integers("pads", (0,) * (2 * rank))
    if automatic in {"NOTSET", "VALID"}:
        pads = pads if automatic == "NOTSET" else (0,) * (2 * rank)
        if len(pads) != 2 * rank or min(pads) < 0:
            raise node.refuse(f"has pads {list(pads)}; it needs {2 * rank}, none of them negative")
        return pads[:rank], pads[rank:]
    if automatic not in {"SAME_UPPER", "SAME_LOWER"} or node.operator == "ConvTranspose":
        raise node.refuse(f"says auto_pad={automatic}; write its pads instead")
    less, more = _same(sizes, size, stride)
    return (less, more) if automatic == "SAME_UPPER" else (more, less)


def _same(sizes: Shape, size: Shape, stride: Shape) -> tuple[Shape, Shape]:
    """What our `same` puts before and behind."""
    totals = [
        max((-(-length // step) - 1) * step + wide - length, 0)
        for length, wide, step in zip(sizes, size, stride, strict=True)
    ]
    return tuple(total // 2 for total in totals), tuple(total - total // 2 for total in totals)


def _is_same_transposed(window: _Window, beyond: Shape) -> bool:
    over = [max(wide - step, 0) for wide, step in zip(window.size, window.stride, strict=True)]
    reach = tuple(max(step - wide, 0) for wide, step in zip(window.size, window.stride, strict=True))
    before, behind = tuple(cut // 2 for cut in over), tuple(cut - cut // 2 for cut in over)
    return any(over) and (window.before, window.behind, beyond) == (before, behind, reach)


def _without_rest(node: OnnxNode, sizes: Shape, window: _Window) -> _Window:
    """Refuse `ceil_mode` where it gives one window more."""
    if node.integer("ceil_mode", 0):
        for length, wide, step, before, behind in zip(
            sizes, window.size, window.stride, window.before, window.behind, strict=True
        ):
            if (length + before + behind - wide) % step:
                raise node.refuse("says ceil_mode=1, which adds a window that does not fit; pad its input instead")
    return window


def _padded(
    sketch: Sketch,
    node: OnnxNode,
    value: Carried,
    window: _Window,
    filler: float,
    *,
    is_mean: bool = False,
    counts_padding: bool = False,
) -> tuple[Carried, dict[str, object]]:
    """The value as our window wants it, and the words `stride` and `padding`."""
    written: dict[str, object] = {"stride": list(window.stride), "padding": "valid"}
    pads = (window.before, window.behind)
    if not any((*pads[0], *pads[1])):
        return value, written
    if pads == _same(value.shape[:-1], window.size, window.stride) and not counts_padding:
        return value, written | {"padding": "same"}
    if is_mean and not counts_padding:
        raise node.refuse(f"takes means of windows padded by {list(pads[0] + pads[1])}; taken are those of SAME_UPPER")
    return _with_pad(sketch, value, list(zip(*pads, strict=True)), filler), written


def _with_pad(sketch: Sketch, value: Carried, sides: list[tuple[int, int]], filler: float) -> Carried:
    if not any(number for both in sides for number in both):
        return value
    amounts = [number for both in [*sides, (0, 0)] for number in both]
    layer = sketch.add("pad", {"amounts": amounts, "value": filler}, [value.layer])
    return replace(value, layer=layer, shape=sketch.layers[layer].shape)
