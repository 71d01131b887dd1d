"""`resnet`: residual networks of 18, 34 or 50 layers (He et al. 2016, https://arxiv.org/abs/1512.03385).

With `width` 64 and `stem` imagenet it is the network of the paper (its strides as usual today, in the 3×3
convolutions): 11,689,512, 21,797,672 and 25,557,032 parameters for 1,000 classes of colour images.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.model_definition.architectures.architecture import CLASSES, Architecture, count_parameter
from shared.model_definition.architectures.sketch import Sketch
from shared.model_definition.kinds.layer_kind import Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import integer, word

_BLOCKS: Mapping[int, tuple[int, ...]] = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
_BOTTLENECK_DEPTH = 50
_EXPANSION = 4


def _draw(parameters: Parameters) -> Sketch:
    sketch = Sketch()
    depth, width = integer(parameters, "depth"), integer(parameters, "width")
    last = _stem(sketch, width, word(parameters, "stem"))
    channels = width
    for stage, blocks in enumerate(_BLOCKS[depth], start=1):
        inner = width * 2 ** (stage - 1)
        outer = inner * (_EXPANSION if depth == _BOTTLENECK_DEPTH else 1)
        for block in range(1, blocks + 1):
            name = f"stage{stage}_block{block}"
            stride = 2 if stage > 1 and block == 1 else 1
            inside = _bottleneck if depth == _BOTTLENECK_DEPTH else _basic
            path = inside(sketch, name, last, inner, stride)
            shortcut = last
            if stride > 1 or channels != outer:
                shortcut = _normalized(sketch, f"{name}_shortcut", last, outer, 1, stride)
            total = sketch.add(f"{name}_add", "Add", path, shortcut)
            last, channels = sketch.add(f"{name}_out", "ReLU", total), outer
    pooled = sketch.add("pool", "GlobalAvgPool", last)
    sketch.add("head", "Dense", pooled, units=integer(parameters, "classes"))
    return sketch


def _stem(sketch: Sketch, width: int, stem: str) -> str:
    if stem == "small":
        return sketch.add("stem_relu", "ReLU", _normalized(sketch, "stem", "input", width, 3, 1))
    last = sketch.add("stem_relu", "ReLU", _normalized(sketch, "stem", "input", width, 7, 2))
    return sketch.add("stem_pool", "MaxPool2D", last, pool_size=3, stride=2, padding="same")


def _basic(sketch: Sketch, name: str, source: str, inner: int, stride: int) -> str:
    last = _normalized(sketch, f"{name}_a", source, inner, 3, stride)
    last = sketch.add(f"{name}_a_relu", "ReLU", last)
    return _normalized(sketch, f"{name}_b", last, inner, 3, 1)


def _bottleneck(sketch: Sketch, name: str, source: str, inner: int, stride: int) -> str:
    last = sketch.add(f"{name}_a_relu", "ReLU", _normalized(sketch, f"{name}_a", source, inner, 1, 1))
    last = sketch.add(f"{name}_b_relu", "ReLU", _normalized(sketch, f"{name}_b", last, inner, 3, stride))
    return _normalized(sketch, f"{name}_c", last, inner * _EXPANSION, 1, 1)


def _normalized(sketch: Sketch, name: str, source: str, filters: int, window: int, stride: int) -> str:
    """A convolution without bias, and batch normalisation, which has one."""
    last = sketch.add(name, "Conv2D", source, filters=filters, kernel_size=window, stride=stride, use_bias=False)
    return sketch.add(f"{name}_norm", "BatchNorm", last)


def _not_supported(parameters: Parameters) -> str:
    if parameters["depth"] in _BLOCKS:
        return ""
    return f"has depth {parameters['depth']}; a resnet has one of {', '.join(map(str, _BLOCKS))}"


RESNET = Architecture(
    "resnet",
    (),
    (
        count_parameter("depth", 18, "layers_count"),
        count_parameter("width", 16, "base_filters"),
        ParameterSpec("stem", ParameterType.CHOICE, "small", choices=("small", "imagenet")),
        CLASSES,
    ),
    _draw,
    _not_supported,
)
"""`stem` small is one 3×3 convolution, for images of a few dozen pixels; imagenet is 7×7, stride 2, and pooling."""
