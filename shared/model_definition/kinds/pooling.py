"""Pooling: the greatest or the mean value of each window, or of a whole sequence, image or volume.

`max_pool2d` and `avg_pool2d` take sequences and volumes too, with the same window along every axis. A mean with
`padding=same` is over the real positions under the window, not over its size.
"""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType, ShapeRule
from shared.model_definition.kinds.windows import (
    AXES,
    LARGEST_WINDOW,
    padding_parameter,
    spatial_shape,
    window_of,
    window_output,
    window_parameter,
)


def _window(rank: int) -> tuple[ParameterSpec, ...]:
    return (
        window_parameter("pool_size", 2, "kernel_size", rank=rank),
        window_parameter("stride", 2, "strides", rank=rank),
        padding_parameter("valid"),
    )


def _window_shape(rank: int | None) -> ShapeRule:
    def rule(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
        spatial = spatial_shape(input_shapes[0], rank)
        return (*window_output(parameters, "pool_size", spatial), input_shapes[0][-1])

    return rule


def _channels(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    spatial_shape(input_shapes[0])
    return (input_shapes[0][-1],)


def _adaptive_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    spatial = spatial_shape(input_shapes[0])
    return (*window_of(parameters, "output_size", len(spatial)), input_shapes[0][-1])


def _average_names(rank: int) -> tuple[str, ...]:
    return (f"average_pool{rank}d", f"avg_pooling{rank}d", f"average_pooling{rank}d")


def _global_names(word: str) -> tuple[str, ...]:
    return tuple(f"global_{word}_pool{ending}" for ending in ("ing", *_by_rank("", "d"), *_by_rank("ing", "d")))


def _by_rank(before: str, after: str) -> list[str]:
    return [f"{before}{rank}{after}" for rank in AXES]


POOLINGS = (
    LayerKind("max_pool2d", ("max_pooling2d",), 5, _window(2), _window_shape(None)),
    LayerKind("avg_pool2d", _average_names(2), 6, _window(2), _window_shape(None)),
    LayerKind("global_max_pool", _global_names("max"), 7, (), _channels),
    LayerKind(
        "global_avg_pool", (*_global_names("avg"), "global_average_pool", *_global_names("average")), 8, (), _channels
    ),
    LayerKind(
        "adaptive_avg_pool",
        ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_average_pool"),
        9,
        (ParameterSpec("output_size", ParameterType.SHAPE, (1,), minimum=1, maximum=LARGEST_WINDOW),),
        _adaptive_shape,
    ),
    *(
        kind
        for rank in (1, 3)
        for kind in (
            LayerKind(f"max_pool{rank}d", (f"max_pooling{rank}d",), None, _window(rank), _window_shape(rank)),
            LayerKind(f"avg_pool{rank}d", _average_names(rank), None, _window(rank), _window_shape(rank)),
        )
    ),
)
"""`adaptive_avg_pool` cuts each axis into `output_size` windows: the i-th of n from ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉."""
