"""`last_state`: a sequence's last position, `(length, features)` to `(features,)`.

Put in where a sequence would leave the model although the target is one for each example.
"""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters
from shared.model_definition.kinds.sequence_shapes import sequence_shape


def _output_shape(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return (sequence_shape(input_shapes[0])[1],)


LAST_STATE = LayerKind("last_state", ("last_step", "last_token"), None, (), _output_shape)
