"""Pooling: the greatest or the mean value of each window of an image, or of the whole image."""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters
from shared.model_definition.kinds.windows import image_shape, padding_parameter, window_output, window_parameter

_WINDOW = (
    window_parameter("pool_size", 2, "kernel_size"),
    window_parameter("stride", 2, "strides"),
    padding_parameter("valid"),
)


def _window_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return (*window_output(parameters, "pool_size", input_shapes), image_shape(input_shapes)[2])


def _channels(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return (image_shape(input_shapes)[2],)


POOLINGS = (
    LayerKind("max_pool2d", ("max_pooling2d",), 5, _WINDOW, _window_shape),
    LayerKind("avg_pool2d", ("average_pool2d", "avg_pooling2d", "average_pooling2d"), 6, _WINDOW, _window_shape),
    LayerKind("global_max_pool", ("global_max_pool2d", "global_max_pooling2d"), 7, (), _channels),
    LayerKind(
        "global_avg_pool",
        ("global_avg_pool2d", "global_average_pool", "global_average_pool2d", "global_average_pooling2d"),
        8,
        (),
        _channels,
    ),
)
"""`avg_pool2d` with `padding=same` divides by the number of real positions under the window, not by its size."""
