"""`conv2d`: learned windows slid over an image, `(height, width, channels)` to `(height', width', filters)`."""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.activations import activation_parameter
from shared.model_definition.kinds.dense import LARGEST_WIDTH, USE_BIAS
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import flag, integer, pair
from shared.model_definition.kinds.windows import image_shape, padding_parameter, window_output, window_parameter


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return (*window_output(parameters, "kernel_size", input_shapes), integer(parameters, "filters"))


def _parameter_count(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    height, width = pair(parameters, "kernel_size")
    channels, filters = image_shape(input_shapes)[2], integer(parameters, "filters")
    return height * width * channels * filters + (filters if flag(parameters, "use_bias") else 0)


def _not_supported(parameters: Parameters) -> str:
    asked = flag(parameters, "transposed")
    return "asks for transposed=true: the transposed convolution is known but not supported yet" if asked else ""


CONV2D = LayerKind(
    name="conv2d",
    aliases=("convolution2d",),
    designer_code=2,
    parameters=(
        ParameterSpec(
            "filters",
            ParameterType.INTEGER,
            32,
            minimum=1,
            maximum=LARGEST_WIDTH,
            aliases=("out_channels", "num_filters"),
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
