"""`upsample`: every position of a sequence, image or volume repeated `size` times along each axis (nearest)."""

from __future__ import annotations

from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.windows import spatial_shape, window_of


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    spatial = spatial_shape(input_shapes[0])
    factors = window_of(parameters, "size", len(spatial))
    return (*(size * factor for size, factor in zip(spatial, factors, strict=True)), input_shapes[0][-1])


UPSAMPLE = LayerKind(
    "upsample",
    ("upsample1d", "upsample2d", "upsample3d", "up_sampling1d", "up_sampling2d", "up_sampling3d"),
    None,
    (ParameterSpec("size", ParameterType.SHAPE, (2,), minimum=1, maximum=1_024, aliases=("scale_factor", "scale")),),
    _output_shape,
)
