"""`dense`: every output is a weighted sum of every input, `(features,)` to `(units,)`; of a sequence, place by place.

Where a vector is meant and something else arrives, `implied_flatten` puts a flatten in front.
"""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.activations import activation_parameter
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import flag, integer

LARGEST_WIDTH = 1_000_000

USE_BIAS = ParameterSpec("use_bias", ParameterType.FLAG, default=True, aliases=("bias",))


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return (*input_shapes[0][:-1], integer(parameters, "units"))


def _parameter_count(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    units = integer(parameters, "units")
    return input_shapes[0][-1] * units + (units if flag(parameters, "use_bias") else 0)


DENSE = LayerKind(
    name="dense",
    aliases=("linear", "fully_connected"),
    designer_code=0,
    parameters=(
        ParameterSpec("units", ParameterType.INTEGER, 128, minimum=1, maximum=LARGEST_WIDTH, aliases=("out_features",)),
        USE_BIAS,
        activation_parameter(),
    ),
    output_shape=_output_shape,
    parameter_count=_parameter_count,
)
