"""`reshape`, `view`, `tensor_reshape`: the same numbers under another shape.

-1 as the first dimension stands for the batch when the others hold the whole example; any other -1 is filled in.
With `layout=channels_first` the written shape, and an image that comes in, have their channels first, as patterns
write them; what leaves as an image has them last again, as all our images.
"""

from __future__ import annotations

import math

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import word

_LARGEST_DIMENSION = 2**31 - 1
_LEAST_IMAGE_RANK = 3
CHANNELS_FIRST = "channels_first"


def is_channels_first(parameters: Parameters) -> bool:
    """Whether written dimensions, and images on their way through, have their channels first."""
    return word(parameters, "layout") == CHANNELS_FIRST


def is_image(shape: Shape) -> bool:
    """Whether an example has channels that could stand first: it has positions along two axes or more."""
    return len(shape) >= _LEAST_IMAGE_RANK


def written_shape(parameters: Parameters, input_shape: Shape) -> Shape:
    """The written dimensions without the batch, every -1 filled in.

    Raises:
        InvalidField: when the example's numbers do not fit.
    """
    written = parameters["shape"]
    if not isinstance(written, tuple):
        raise InvalidField("needs a shape, such as [-1, 64]")
    if 0 in written:
        raise InvalidField(f"has shape {list(written)}; every dimension is a positive number, or one is -1")
    numbers = math.prod(input_shape)
    shape = _without_batch(written, numbers)
    known = math.prod(size for size in shape if size != -1)
    if shape.count(-1) > 1 or (numbers % known if -1 in shape else numbers != known):
        raise InvalidField(f"cannot give {input_shape}, {numbers} numbers, the shape {list(written)}")
    return tuple(numbers // known if size == -1 else size for size in shape)


def _without_batch(written: Shape, numbers: int) -> Shape:
    rest = written[1:]
    is_batch = bool(rest) and written[0] == -1 and (-1 in rest or math.prod(rest) == numbers)
    return rest if is_batch else written


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    shape = written_shape(parameters, input_shapes[0])
    return (*shape[1:], shape[0]) if is_channels_first(parameters) and is_image(shape) else shape


def _reshape(name: str, code: int, default: Shape | None) -> LayerKind:
    return LayerKind(
        name,
        (),
        code,
        (
            ParameterSpec(
                "shape",
                ParameterType.SHAPE,
                default,
                minimum=-1,
                maximum=_LARGEST_DIMENSION,
                aliases=("target_shape", "output_shape", "dims"),
            ),
            ParameterSpec("layout", ParameterType.CHOICE, "channels_last", choices=("channels_last", CHANNELS_FIRST)),
        ),
        _output_shape,
    )


RESHAPES = (
    _reshape("reshape", 40, None),
    _reshape("view", 44, None),
    _reshape("tensor_reshape", 81, (-1, 28, 28, 1)),
)
