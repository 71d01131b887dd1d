"""`split`: one part, number `index`, of an axis cut into `parts` equal ones; a graph has one such node for each pin."""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.merges import DIM, merged_axis
from shared.model_definition.kinds.parameter_access import integer

_MOST_PARTS = 65_536


def split_place(parameters: Parameters, input_shape: Shape) -> tuple[int, int, int]:
    """The example's own axis (from 0), and where on it the part begins and ends."""
    axis = merged_axis(parameters, len(input_shape))
    parts, index = integer(parameters, "parts"), integer(parameters, "index")
    if input_shape[axis] % parts:
        raise InvalidField(f"cuts {input_shape[axis]} numbers of its input {input_shape} into {parts} equal parts")
    if index >= parts:
        raise InvalidField(f"gives part {index}, but there are {parts}, counted from 0")
    size = input_shape[axis] // parts
    return axis, index * size, (index + 1) * size


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    axis, start, end = split_place(parameters, input_shapes[0])
    return (*input_shapes[0][:axis], end - start, *input_shapes[0][axis + 1 :])


SPLIT = LayerKind(
    "split",
    ("chunk",),
    45,
    (
        ParameterSpec(
            "parts",
            ParameterType.INTEGER,
            2,
            minimum=1,
            maximum=_MOST_PARTS,
            aliases=("num_splits", "chunks", "sections", "num_outputs"),
        ),
        ParameterSpec("index", ParameterType.INTEGER, 0, minimum=0, maximum=_MOST_PARTS),
        DIM,
    ),
    _output_shape,
)
