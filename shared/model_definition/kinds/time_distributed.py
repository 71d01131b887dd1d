"""`time_distributed`: one dense layer for every position of a sequence, `(…, features)` to `(…, units)`."""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.dense import DENSE
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import integer

_LEAST_RANK = 2


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    if len(input_shapes[0]) < _LEAST_RANK:
        raise InvalidField(f"expects a sequence of shape (length, features), got {input_shapes[0]}")
    return (*input_shapes[0][:-1], integer(parameters, "units"))


TIME_DISTRIBUTED = LayerKind(
    name="time_distributed",
    aliases=("time_distributed_dense",),
    designer_code=20,
    parameters=(
        *DENSE.parameters,
        ParameterSpec("layer_type", ParameterType.CHOICE, "dense", choices=("dense",), aliases=("layer",)),
    ),
    output_shape=_output_shape,
    parameter_count=DENSE.parameter_count,
)
