"""`conv1d`, `conv2d`, `conv3d`: learned windows slid over the axes before the channels, also transposed.

The kernel of `conv2d` is `(height, width, channels, filters)`. `transposed` is the adjoint: every input position adds
its window, scaled, to the output, whose axes are `stride` times as long (https://arxiv.org/abs/1603.07285).
"""

from __future__ import annotations

import math

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.activations import activation_parameter
from shared.model_definition.kinds.dense import LARGEST_WIDTH, USE_BIAS
from shared.model_definition.kinds.layer_kind import (
    CountRule,
    LayerKind,
    Parameters,
    ParameterSpec,
    ParameterType,
    ShapeRule,
)
from shared.model_definition.kinds.parameter_access import flag, integer
from shared.model_definition.kinds.windows import (
    padding_parameter,
    spatial_shape,
    transposed_output,
    window_of,
    window_output,
    window_parameter,
)

FILTERS = ParameterSpec(
    "filters", ParameterType.INTEGER, 32, minimum=1, maximum=LARGEST_WIDTH, aliases=("out_channels", "num_filters")
)


def _output_shape(rank: int) -> ShapeRule:
    def rule(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
        spatial = spatial_shape(input_shapes[0], rank)
        landed = transposed_output if flag(parameters, "transposed") else window_output
        return (*landed(parameters, "kernel_size", spatial), integer(parameters, "filters"))

    return rule


def _parameter_count(rank: int) -> CountRule:
    def rule(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
        positions = math.prod(window_of(parameters, "kernel_size", rank))
        channels, filters = input_shapes[0][-1], integer(parameters, "filters")
        return positions * channels * filters + (filters if flag(parameters, "use_bias") else 0)

    return rule


def _convolution(rank: int, designer_code: int) -> LayerKind:
    return LayerKind(
        name=f"conv{rank}d",
        aliases=(f"convolution{rank}d",),
        designer_code=designer_code,
        parameters=(
            FILTERS,
            window_parameter("kernel_size", 3, "kernel", rank=rank),
            window_parameter("stride", 1, "strides", rank=rank),
            padding_parameter("same"),
            USE_BIAS,
            activation_parameter(),
            ParameterSpec("transposed", ParameterType.FLAG, default=False),
        ),
        output_shape=_output_shape(rank),
        parameter_count=_parameter_count(rank),
    )


CONV1D = _convolution(1, 1)
CONV2D = _convolution(2, 2)
CONV3D = _convolution(3, 3)
