"""Layers that bring numbers to mean 0 and variance 1 inside one example, then scale and shift them as learned.

`layer_norm` over the last axes (Ba et al. 2016), `group_norm` over groups of channels and all positions (Wu and He
2018), `instance_norm` over the positions of each channel (Ulyanov et al. 2016). `batch_norm` has a file of its own.
"""

from __future__ import annotations

import math

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import flag, integer

_EPSILON = ParameterSpec("epsilon", ParameterType.REAL, 1e-5, minimum=0, maximum=1, open_minimum=True, aliases=("eps",))
_LARGEST_DIMENSION = 2**31 - 1


def normalized_axes(parameters: Parameters, input_shape: Shape) -> Shape:
    """The last axes that `layer_norm` works over: the written ones, or the last one alone."""
    written = parameters["normalized_shape"]
    wanted = written if isinstance(written, tuple) else input_shape[-1:]
    if wanted != input_shape[-len(wanted) :]:
        raise InvalidField(
            f"has normalized_shape {wanted}, but the last axes of its input {input_shape} are "
            f"{input_shape[-len(wanted) :]}; write those, or leave it out for the last axis"
        )
    return wanted


def _layer_norm_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    normalized_axes(parameters, input_shapes[0])
    return input_shapes[0]


def _layer_norm_count(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    return 2 * math.prod(normalized_axes(parameters, input_shapes[0]))


def _group_norm_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    groups, channels = integer(parameters, "num_groups"), input_shapes[0][-1]
    if channels % groups:
        raise InvalidField(f"has num_groups={groups}, which does not divide the {channels} channels of its input")
    return input_shapes[0]


def _two_a_channel(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    return 2 * input_shapes[0][-1]


def _instance_norm_shape(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    if len(input_shapes[0]) == 1:
        raise InvalidField(
            f"works over the positions of each channel; {input_shapes[0]} has channels only, use LayerNorm"
        )
    return input_shapes[0]


def _instance_norm_count(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    return 2 * input_shapes[0][-1] if flag(parameters, "affine") else 0


NORMALIZATIONS = (
    LayerKind(
        "layer_norm",
        ("layer_normalization",),
        11,
        (
            ParameterSpec("normalized_shape", ParameterType.SHAPE, None, minimum=1, maximum=_LARGEST_DIMENSION),
            _EPSILON,
        ),
        _layer_norm_shape,
        _layer_norm_count,
    ),
    LayerKind(
        "group_norm",
        ("group_normalization",),
        12,
        (
            ParameterSpec("num_groups", ParameterType.INTEGER, 32, minimum=1, maximum=1_000_000, aliases=("groups",)),
            _EPSILON,
        ),
        _group_norm_shape,
        _two_a_channel,
    ),
    LayerKind(
        "instance_norm",
        ("instance_norm1d", "instance_norm2d", "instance_norm3d", "instance_normalization"),
        13,
        (_EPSILON, ParameterSpec("affine", ParameterType.FLAG, default=True)),
        _instance_norm_shape,
        _instance_norm_count,
    ),
)
