"""`depthwise_conv2d`: each channel is convolved on its own, into `depth_multiplier` channels that follow one another.

`filters` need not be written: it is channels × `depth_multiplier`, and another number is refused.
"""

from __future__ import annotations

import math

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.activations import activation_parameter
from shared.model_definition.kinds.convolution import FILTERS
from shared.model_definition.kinds.dense import LARGEST_WIDTH, USE_BIAS
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import flag, integer
from shared.model_definition.kinds.windows import (
    padding_parameter,
    spatial_shape,
    window_of,
    window_output,
    window_parameter,
)


def _filters(parameters: Parameters, input_shape: Shape) -> int:
    channels, multiplier = input_shape[-1], integer(parameters, "depth_multiplier")
    written = parameters["filters"]
    if written is not None and written != channels * multiplier:
        raise InvalidField(
            f"says filters={written}, but it gives {channels} channels × depth_multiplier {multiplier} = "
            f"{channels * multiplier}; leave filters out, or follow it with a Conv2D of kernel_size 1 to mix channels"
        )
    return channels * multiplier


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    spatial = spatial_shape(input_shapes[0], 2)
    return (*window_output(parameters, "kernel_size", spatial), _filters(parameters, input_shapes[0]))


def _parameter_count(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    filters = _filters(parameters, input_shapes[0])
    positions = math.prod(window_of(parameters, "kernel_size", 2))
    return positions * filters + (filters if flag(parameters, "use_bias") else 0)


def _not_supported(parameters: Parameters) -> str:
    asked = flag(parameters, "transposed")
    return "asks for transposed=true: only Conv1D, Conv2D and Conv3D can be transposed" if asked else ""


DEPTHWISE_CONV2D = LayerKind(
    name="depthwise_conv2d",
    aliases=("depthwise_convolution2d",),
    designer_code=4,
    parameters=(
        ParameterSpec("depth_multiplier", ParameterType.INTEGER, 1, minimum=1, maximum=LARGEST_WIDTH),
        ParameterSpec(
            "filters", ParameterType.INTEGER, None, minimum=1, maximum=FILTERS.maximum, aliases=FILTERS.aliases
        ),
        window_parameter("kernel_size", 3, "kernel"),
        window_parameter("stride", 1, "strides"),
        padding_parameter("same"),
        USE_BIAS,
        activation_parameter(),
        ParameterSpec("transposed", ParameterType.FLAG, default=False),
    ),
    output_shape=_output_shape,
    parameter_count=_parameter_count,
    not_supported=_not_supported,
)
