"""`input`: where the batch enters. Its shape is the data's; what is written here is checked against that.

A model with several inputs takes examples of shape `(inputs, …)`, such as those of `synthetic://pairs`: `part` says
which one this input reads, in the order in which the inputs are drawn, and `parts` how many there are. The two are put
into a graph by what reads the definition; nobody writes them.
"""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType

LARGEST_DIMENSION = 2**31 - 1


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    parts, shape = parameters.get("parts"), input_shapes[0]
    if parts is None:
        return shape
    if len(shape) < 2 or shape[0] != parts:
        raise InvalidField(
            f"is one of {parts} inputs, which need a dataset whose examples have {parts} parts, a shape ({parts}, …) "
            f"such as that of synthetic://pairs; this one's examples have {shape}"
        )
    return shape[1:]


INPUT = LayerKind(
    name="input",
    aliases=("dataset_input", "input_layer"),
    designer_code=77,
    parameters=(
        ParameterSpec(
            "shape", ParameterType.SHAPE, None, minimum=1, maximum=LARGEST_DIMENSION, aliases=("input_shape",)
        ),
    ),
    output_shape=_output_shape,
)
