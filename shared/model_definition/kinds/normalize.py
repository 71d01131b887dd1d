"""`normalize`: every number less a given mean, divided by a given deviation; nothing is learned.

`mean` and `std` are one number each, or one for each channel (the last axis).
"""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.strict_values import reals_from

_LARGEST = 1_000_000_000


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    for name in ("mean", "std"):
        written = parameters[name]
        if written is None:
            raise InvalidField(
                "needs mean and std, a number each or one a channel; to scale by the data's own, say "
                "normalize=standard in the dataset's URI"
            )
        numbers = reals_from(written)
        if len(numbers) not in {1, input_shapes[0][-1]}:
            raise InvalidField(
                f"has {len(numbers)} numbers as {name}, but its input {input_shapes[0]} has {input_shapes[0][-1]} "
                "channels; write one number, or one a channel"
            )
    return input_shapes[0]


NORMALIZE = LayerKind(
    "normalize",
    ("normalization",),
    82,
    (
        ParameterSpec("mean", ParameterType.REALS, None, minimum=-_LARGEST, maximum=_LARGEST),
        ParameterSpec("std", ParameterType.REALS, None, minimum=0, maximum=_LARGEST, open_minimum=True),
    ),
    _output_shape,
)
