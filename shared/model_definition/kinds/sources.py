"""`constant` and `parameter`: layers that nothing feeds; they give the same numbers for every example.

A parameter is learned, a constant is not.
"""

from __future__ import annotations

import math

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType

_SHAPE = ParameterSpec("shape", ParameterType.SHAPE, (1,), minimum=1, maximum=2**31 - 1)


def source_shape(parameters: Parameters) -> Shape:
    """The shape of what is given for each example."""
    shape = parameters["shape"]
    assert isinstance(shape, tuple), "read as a shape"
    return shape


def _output_shape(parameters: Parameters, _input_shapes: tuple[Shape, ...]) -> Shape:
    return source_shape(parameters)


def _parameter_count(parameters: Parameters, _input_shapes: tuple[Shape, ...]) -> int:
    return math.prod(source_shape(parameters))


SOURCES = (
    LayerKind(
        "constant",
        (),
        75,
        (_SHAPE, ParameterSpec("value", ParameterType.REAL, 0.0)),
        _output_shape,
        least_inputs=0,
        most_inputs=0,
    ),
    LayerKind(
        "parameter",
        (),
        76,
        (_SHAPE, ParameterSpec("init", ParameterType.CHOICE, "normal", choices=("normal", "zeros", "ones"))),
        _output_shape,
        _parameter_count,
        least_inputs=0,
        most_inputs=0,
    ),
)
"""`init=normal` draws with standard deviation 0.02, as learned positions and class tokens begin."""
