"""Where a window that slides over an image lands: the shape rule that convolution and pooling share."""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import pair, word

_LARGEST_WINDOW = 65_536
_IMAGE_RANK = 3


def window_parameter(name: str, default: int, *aliases: str) -> ParameterSpec:
    """A `(height, width)` parameter of a sliding window."""
    return ParameterSpec(
        name, ParameterType.PAIR, (default, default), minimum=1, maximum=_LARGEST_WINDOW, aliases=aliases
    )


def padding_parameter(default: str) -> ParameterSpec:
    """`same` keeps every position of the image, `valid` only those where the whole window fits."""
    return ParameterSpec("padding", ParameterType.CHOICE, default, choices=("same", "valid"))


def image_shape(input_shapes: tuple[Shape, ...]) -> tuple[int, int, int]:
    """The input as `(height, width, channels)`, or the refusal of anything else."""
    shape = input_shapes[0]
    if len(shape) != _IMAGE_RANK:
        raise InvalidField(f"expects images of shape (height, width, channels), got {shape}")
    return shape[0], shape[1], shape[2]


def window_output(parameters: Parameters, window_name: str, input_shapes: tuple[Shape, ...]) -> tuple[int, int]:
    """Height and width of what a sliding window gives."""
    height, width, _channels = image_shape(input_shapes)
    window, stride = pair(parameters, window_name), pair(parameters, "stride")
    if word(parameters, "padding") == "same":
        return -(-height // stride[0]), -(-width // stride[1])
    if window[0] > height or window[1] > width:
        raise InvalidField(
            f"has {window_name} {window}, which is larger than its input {input_shapes[0]}; "
            "make it smaller or use padding=same"
        )
    return (height - window[0]) // stride[0] + 1, (width - window[1]) // stride[1] + 1
