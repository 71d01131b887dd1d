"""Convolutional networks with branches: residual, dense, inception, squeezed, inverted, gated, U-shaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.judged_models.counts import conv, dense, depthwise, norm
from tests.judged_models.drawing import Drawing
from tests.judged_models.judged_model import JudgedModel


def _images(size: int, channels: int, classes: int) -> str:
    return f"synthetic://images?height={size}&width={size}&channels={channels}&classes={classes}&seed=4"


def _conv_norm(d: Drawing, source: int, kernel: int, filters: int, *, stride: int = 1, act: str = "ReLU") -> int:
    bare = d.put("Conv2D", source, filters=filters, kernel_size=kernel, stride=stride, padding="same", use_bias=False)
    normed = d.put("BatchNorm", bare)
    return d.put(act, normed) if act else normed


def _basic_block(d: Drawing, source: int, inputs: int, filters: int, stride: int) -> tuple[int, int, int]:
    inner = _conv_norm(d, source, 3, filters, stride=stride)
    inner = _conv_norm(d, inner, 3, filters, act="")
    count = conv(3, inputs, filters, bias=False) + conv(3, filters, filters, bias=False) + 2 * norm(filters)
    shortcut, count_of_shortcut = _shortcut(d, source, inputs, filters, stride)
    return d.put("ReLU", d.put("Add", inner, shortcut)), filters, count + count_of_shortcut


def _bottleneck(d: Drawing, source: int, inputs: int, filters: int, stride: int) -> tuple[int, int, int]:
    inner = _conv_norm(d, source, 1, filters)
    inner = _conv_norm(d, inner, 3, filters, stride=stride)
    inner = _conv_norm(d, inner, 1, 4 * filters, act="")
    count = conv(1, inputs, filters, bias=False) + conv(3, filters, filters, bias=False)
    count += conv(1, filters, 4 * filters, bias=False) + 2 * norm(filters) + norm(4 * filters)
    shortcut, count_of_shortcut = _shortcut(d, source, inputs, 4 * filters, stride)
    return d.put("ReLU", d.put("Add", inner, shortcut)), 4 * filters, count + count_of_shortcut


def _shortcut(d: Drawing, source: int, inputs: int, filters: int, stride: int) -> tuple[int, int]:
    if inputs == filters and stride == 1:
        return source, 0
    projected = _conv_norm(d, source, 1, filters, stride=stride, act="")
    return projected, conv(1, inputs, filters, bias=False) + norm(filters)


def resnet(
    name: str,
    blocks: Sequence[int],
    *,
    is_deep: bool,
    size: int = 224,
    width: int = 64,
    classes: int = 1000,
    is_light: bool = False,
) -> JudgedModel:
    """He 2015, version 1, projections where the shape changes; a stride of a bottleneck is in its 3 by 3."""
    d = Drawing()
    data = d.data(f"[{size}, {size}, 3]")
    last = _conv_norm(d, data, 7, width, stride=2)
    last = d.put("MaxPool2D", last, pool_size=3, stride=2, padding="same")
    channels, count = width, conv(7, 3, width, bias=False) + norm(width)
    draw = _bottleneck if is_deep else _basic_block
    for stage, number in enumerate(blocks):
        for block in range(number):
            stride = 2 if stage and not block else 1
            last, channels, added = draw(d, last, channels, width * 2**stage, stride)
            count += added
    last = d.put("Dense", d.put("GlobalAvgPool", last), units=classes)
    count += dense(channels, classes)
    saved = d.end(last, data, classes=classes)
    return JudgedModel(
        name, saved, _images(size, 3, classes), (size, size, 3), (classes,), count, {}, is_light=is_light
    )


def inception() -> JudgedModel:
    """GoogLeNet's block: four roads side by side, joined along the channels."""
    d = Drawing()
    data = d.data("[16, 16, 3]")
    stem = d.put("Conv2D", data, filters=16, activation="relu")
    one = d.put("Conv2D", stem, filters=8, kernel_size=1, activation="relu")
    three = d.put("Conv2D", stem, filters=6, kernel_size=1, activation="relu")
    three = d.put("Conv2D", three, filters=12, kernel_size=3, activation="relu")
    five = d.put("Conv2D", stem, filters=2, kernel_size=1, activation="relu")
    five = d.put("Conv2D", five, filters=4, kernel_size=5, activation="relu")
    pooled = d.put("MaxPool2D", stem, pool_size=3, stride=1, padding="same")
    pooled = d.put("Conv2D", pooled, filters=4, kernel_size=1, activation="relu")
    joined = d.put("Concatenate", one, three, five, pooled, dim=1)
    last = d.put("Dense", d.put("GlobalAvgPool", joined), units=6)
    count = conv(3, 3, 16) + conv(1, 16, 8) + conv(1, 16, 6) + conv(3, 6, 12) + conv(1, 16, 2) + conv(5, 2, 4)
    count += conv(1, 16, 4) + dense(28, 6)
    return JudgedModel("inception", d.end(last, data), _images(16, 3, 6), (16, 16, 3), (6,), count)


def densenet() -> JudgedModel:
    """Huang 2017: each layer reads all before it; a transition halves the channels and the image."""
    d = Drawing()
    data = d.data("[16, 16, 3]")
    last, channels, count = d.put("Conv2D", data, filters=8), 8, conv(3, 3, 8)
    for block in range(2):
        for _ in range(3):
            new = d.put("Conv2D", d.put("ReLU", d.put("BatchNorm", last)), filters=4, use_bias="false")
            count += norm(channels) + conv(3, channels, 4, bias=False)
            last, channels = d.put("Concatenate", last, new), channels + 4
        if not block:
            last = d.put("AvgPool2D", d.put("Conv2D", last, filters=channels // 2, kernel_size=1), pool_size=2)
            count += conv(1, channels, channels // 2)
            channels //= 2
    last = d.put("Dense", d.put("GlobalAvgPool", last), units=5)
    return JudgedModel("densenet", d.end(last, data), _images(16, 3, 5), (16, 16, 3), (5,), count + dense(channels, 5))


def squeezenet() -> JudgedModel:
    """Iandola 2016: fire modules, and classes by a convolution and a global pool."""
    d = Drawing()
    data = d.data("[32, 32, 3]")
    last = d.put("Conv2D", data, filters=16, kernel_size=3, stride=2, padding="valid", activation="relu")
    last, channels, count = d.put("MaxPool2D", last, pool_size=3, stride=2), 16, conv(3, 3, 16)
    for squeezed, expanded in ((4, 16), (8, 16)):
        narrow = d.put("Conv2D", last, filters=squeezed, kernel_size=1, activation="relu")
        left = d.put("Conv2D", narrow, filters=expanded, kernel_size=1, activation="relu")
        right = d.put("Conv2D", narrow, filters=expanded, kernel_size=3, activation="relu")
        last = d.put("Concatenate", left, right, dim=1)
        count += conv(1, channels, squeezed) + conv(1, squeezed, expanded) + conv(3, squeezed, expanded)
        channels = 2 * expanded
    last = d.put("GlobalAvgPool", d.put("Conv2D", last, filters=10, kernel_size=1))
    return JudgedModel(
        "squeezenet", d.end(last, data), _images(32, 3, 10), (32, 32, 3), (10,), count + conv(1, channels, 10)
    )


def mobilenet() -> JudgedModel:
    """Howard 2017: depthwise and pointwise convolutions, a norm behind each."""
    d = Drawing()
    data = d.data("[32, 32, 3]")
    last, channels = _conv_norm(d, data, 3, 8, stride=2), 8
    count = conv(3, 3, 8, bias=False) + norm(8)
    for filters, stride in ((16, 1), (32, 2), (32, 1)):
        last = d.put("DepthwiseConv2D", last, kernel_size=3, stride=stride, depth_multiplier=1, use_bias=False)
        last = d.put("ReLU", d.put("BatchNorm", last))
        last = _conv_norm(d, last, 1, filters)
        count += depthwise(3, channels, bias=False) + norm(channels) + conv(1, channels, filters, bias=False)
        count += norm(filters)
        channels = filters
    last = d.chain(d.put("GlobalAvgPool", last), ("Dropout", {"rate": "1e-3"}), ("Dense", {"units": 10}))
    return JudgedModel(
        "mobilenet", d.end(last, data), _images(32, 3, 10), (32, 32, 3), (10,), count + dense(channels, 10)
    )


def mobilenet_v2() -> JudgedModel:
    """Sandler 2018: wide inside, narrow outside, no activation at the narrow end, a shortcut where shapes agree."""
    d = Drawing()
    data = d.data("[16, 16, 3]")
    last, channels = _conv_norm(d, data, 3, 8), 8
    count = conv(3, 3, 8, bias=False) + norm(8)
    for filters, stride in ((8, 1), (12, 2), (12, 1)):
        wide = 6 * channels
        inner = _conv_norm(d, last, 1, wide)
        inner = d.put("DepthwiseConv2D", inner, kernel_size="3", stride=stride, use_bias="False")
        inner = _conv_norm(d, d.put("ReLU", d.put("BatchNorm", inner)), 1, filters, act="")
        count += conv(1, channels, wide, bias=False) + depthwise(3, wide, bias=False) + 2 * norm(wide)
        count += conv(1, wide, filters, bias=False) + norm(filters)
        last = d.put("Add", last, inner) if stride == 1 and channels == filters else inner
        channels = filters
    last = d.put("Dense", d.put("GlobalAvgPool", last), units=4)
    return JudgedModel(
        "mobilenet_v2", d.end(last, data), _images(16, 3, 4), (16, 16, 3), (4,), count + dense(channels, 4)
    )


def squeeze_and_excite() -> JudgedModel:
    """Hu 2018: a gate for each channel, computed from the pooled image, multiplies the whole image."""
    d = Drawing()
    data = d.data("[16, 16, 3]")
    image = d.put("Conv2D", data, filters=16, activation="relu")
    gate = d.chain(
        d.put("GlobalAvgPool", image), ("Dense", {"units": 4, "activation": "relu"}), ("Dense", {"units": 16})
    )
    gated = d.put("Multiply", image, d.put("Sigmoid", gate))
    last = d.put("Dense", d.put("GlobalAvgPool", gated), units=4)
    count = conv(3, 3, 16) + dense(16, 4) + dense(4, 16) + dense(16, 4)
    return JudgedModel("squeeze_and_excite", d.end(last, data), _images(16, 3, 4), (16, 16, 3), (4,), count)


def unet(
    name: str = "unet", size: int = 16, widths: Sequence[int] = (4, 8, 16), *, is_light: bool = True
) -> JudgedModel:
    """Ronneberger 2015: down by pools, up by transposed convolutions, joined with what was there on the way down."""
    d = Drawing()
    data = d.data(f"[{size}, {size}, 1]")
    last, channels, count = data, 1, 0
    kept: list[tuple[int, int]] = []
    for depth, filters in enumerate(widths):
        if depth:
            kept.append((last, channels))
            last = d.put("MaxPool2D", last, pool_size=2, stride=2)
        for _ in range(2):
            last = d.put("Conv2D", last, filters=filters, kernel_size=3, padding="same", activation="relu")
            count += conv(3, channels, filters)
            channels = filters
    for skip, filters in reversed(kept):
        up = d.put("Conv2D", last, filters=filters, kernel_size=2, stride=2, transposed="true")
        count += conv(2, channels, filters)
        last, channels = d.put("Concatenate", skip, up, dim=1), 2 * filters
        for _ in range(2):
            last = d.put("Conv2D", last, filters=filters, kernel_size=3, padding="same", activation="relu")
            count += conv(3, channels, filters)
            channels = filters
    last = d.put("Conv2D", last, filters=1, kernel_size=1)
    saved = d.end(last, data, "MSELoss")
    target = _images(size, 1, 4) + "&target=input"
    shape = (size, size, 1)
    return JudgedModel(name, saved, target, shape, shape, count + conv(1, channels, 1), {}, is_light=is_light)


def with_every_image_norm() -> JudgedModel:
    """The four normalisations of images and one each of the activations, as roads that are averaged."""
    d = Drawing()
    data = d.data("[8, 8, 2]")
    image = d.put("Conv2D", data, filters=8)
    roads = [
        d.put("ReLU", d.put("BatchNorm", image, epsilon="1e-5", momentum="0.1")),
        d.put("LeakyReLU", d.put("LayerNorm", image, eps="1e-5"), negative_slope="0.2"),
        d.put("ELU", d.put("GroupNorm", image, num_groups=4), alpha="0.5"),
        d.put("SELU", d.put("InstanceNorm", image)),
        d.put("PReLU", image),
        d.put("GELU", image),
        d.put("Swish", image),
        d.put("Mish", image),
        d.put("Tanh", image),
        d.put("Sigmoid", image),
        d.put("Identity", image),
    ]
    last = d.put("Dense", d.put("GlobalAvgPool", d.put("Add", *roads)), units=3)
    count = conv(3, 2, 8) + 4 * norm(8) + 8 + dense(8, 3)
    return JudgedModel("every_norm_and_activation", d.end(last, data), _images(8, 2, 3), (8, 8, 2), (3,), count)


def named_pins_only(**_: Any) -> JudgedModel:
    """A residual block whose types are names in odd spellings, without codes and without pins."""
    nodes = [
        {"id": 1, "type": "Input", "name": "picture", "parameters": {"input_shape": "[8, 8, 1]"}},
        {"id": 2, "type": "conv_2d", "name": "größer", "parameters": {"Filters": "4", "kernelSize": "3"}},
        {"id": 3, "type": "BATCHNORM2D", "name": "", "parameters": {}},
        {"id": 4, "type": "Conv-2D", "parameters": {"filters": 4}},
        {"id": 5, "type": "add"},
        {"id": 6, "type": "GlobalAvgPool2D", "name": "pool"},
        {"id": 7, "type": "dense", "parameters": {"units": 3.0}},
        {"id": 8, "type": "CrossEntropy"},
    ]
    ends = [(1, 2), (2, 3), (3, 4), (4, 5), (2, 5), (5, 6), (6, 7), (7, 8)]
    links = [{"from_node": start, "to_node": end} for start, end in ends]
    count = conv(3, 1, 4) + norm(4) + conv(3, 4, 4) + dense(4, 3)
    return JudgedModel("names_without_pins", {"nodes": nodes, "links": links}, _images(8, 1, 3), (8, 8, 1), (3,), count)


BRANCHED_IMAGES = (
    resnet("resnet18_narrow", (2, 2, 2, 2), is_deep=False, size=32, width=4, classes=10),
    resnet("resnet50_narrow", (1, 1, 1, 1), is_deep=True, size=32, width=4, classes=10, is_light=True),
    inception(),
    densenet(),
    squeezenet(),
    mobilenet(),
    mobilenet_v2(),
    squeeze_and_excite(),
    unet(),
    with_every_image_norm(),
    named_pins_only(),
)
TRUE_SIZE_BRANCHED_IMAGES = (
    resnet("resnet18", (2, 2, 2, 2), is_deep=False),
    resnet("resnet34", (3, 4, 6, 3), is_deep=False),
    resnet("resnet50", (3, 4, 6, 3), is_deep=True),
    unet("unet_true_size", 128, (64, 128, 256, 512, 1024), is_light=False),
)
