"""`flatten`: one example's numbers as a vector, last axis fastest."""

from __future__ import annotations

import math

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters


def _output_shape(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return (math.prod(input_shapes[0]),)


FLATTEN = LayerKind("flatten", (), 15, (), _output_shape)
