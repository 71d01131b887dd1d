"""`input`: where the batch enters. Its shape is the data's; what is written here is checked against that."""

from __future__ import annotations

from shared.model_definition.kinds.activations import same_shape
from shared.model_definition.kinds.layer_kind import LayerKind, ParameterSpec, ParameterType

LARGEST_DIMENSION = 2**31 - 1

INPUT = LayerKind(
    name="input",
    aliases=("dataset_input", "input_layer"),
    designer_code=77,
    parameters=(
        ParameterSpec(
            "shape", ParameterType.SHAPE, None, minimum=1, maximum=LARGEST_DIMENSION, aliases=("input_shape",)
        ),
    ),
    output_shape=same_shape,
)
