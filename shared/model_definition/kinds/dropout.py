"""`dropout`: in training, each number becomes 0 with probability `rate` and the rest are scaled to keep the mean."""

from __future__ import annotations

from shared.model_definition.kinds.activations import same_shape
from shared.model_definition.kinds.layer_kind import LayerKind, ParameterSpec, ParameterType

DROPOUT = LayerKind(
    name="dropout",
    aliases=(),
    designer_code=14,
    parameters=(
        ParameterSpec(
            "rate", ParameterType.REAL, 0.5, minimum=0, maximum=1, open_maximum=True, aliases=("p", "dropout_rate")
        ),
    ),
    output_shape=same_shape,
)
