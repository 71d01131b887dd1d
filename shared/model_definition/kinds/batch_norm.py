"""`batch_norm`: each channel (last axis) to mean 0 and variance 1 over the batch, then a learned scale and offset.

Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167. `momentum` is the new batch's share of the running statistics.
"""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.activations import same_shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType


def _scale_and_offset(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
    return 2 * input_shapes[0][-1]


BATCH_NORM = LayerKind(
    name="batch_norm",
    aliases=("batch_norm2d", "batch_norm1d", "batch_normalization"),
    designer_code=10,
    parameters=(
        ParameterSpec("epsilon", ParameterType.REAL, 1e-5, minimum=0, maximum=1, open_minimum=True, aliases=("eps",)),
        ParameterSpec("momentum", ParameterType.REAL, 0.1, minimum=0, maximum=1),
    ),
    output_shape=same_shape,
    parameter_count=_scale_and_offset,
)
