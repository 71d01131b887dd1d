"""`normalize`: every number less a given mean, divided by a given deviation; nothing is learned."""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType

_LARGEST = 1_000_000_000


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    if parameters["mean"] is None or parameters["std"] is None:
        raise InvalidField(
            "needs mean and std, two numbers; to scale by the data's own, say normalize=standard in the dataset's URI"
        )
    return input_shapes[0]


NORMALIZE = LayerKind(
    "normalize",
    ("normalization",),
    82,
    (
        ParameterSpec("mean", ParameterType.REAL, None, minimum=-_LARGEST, maximum=_LARGEST),
        ParameterSpec("std", ParameterType.REAL, None, minimum=0, maximum=_LARGEST, open_minimum=True),
    ),
    _output_shape,
)
