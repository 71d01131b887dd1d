"""Where a window that slides over a sequence, an image or a volume lands: the shape rule of convolution and pooling.

Channels are the last axis; the axes before it, one to three, are the ones that windows slide over.
"""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import word

LARGEST_WINDOW = 65_536
AXES = {
    1: "sequences of shape (length, channels)",
    2: "images of shape (height, width, channels)",
    3: "volumes of shape (depth, height, width, channels)",
}
"""What an input with so many sliding axes is called."""


def window_parameter(name: str, default: int, *aliases: str, rank: int = 2) -> ParameterSpec:
    """One number for each sliding axis, or one for all."""
    type_ = ParameterType.PAIR if rank == 2 else ParameterType.SHAPE
    return ParameterSpec(name, type_, (default,) * rank, minimum=1, maximum=LARGEST_WINDOW, aliases=aliases)


def padding_parameter(default: str) -> ParameterSpec:
    """`same` keeps every position of the input, `valid` only those where the whole window fits, which pads by 0."""
    return ParameterSpec(
        "padding", ParameterType.CHOICE, default, choices=("same", "valid"), choice_aliases={"0": "valid"}
    )


def spatial_shape(input_shape: Shape, rank: int | None = None) -> Shape:
    """The axes that windows slide over, or the refusal of an input that has other ones.

    Args:
        input_shape: one example's, channels last.
        rank: how many there must be; None for one to three.
    """
    spatial = input_shape[:-1]
    if len(spatial) in AXES and rank in {None, len(spatial)}:
        return spatial
    wanted = AXES[rank] if rank is not None else ", or ".join(AXES.values())
    raise InvalidField(f"expects {wanted}, got {input_shape}")


def window_of(parameters: Parameters, name: str, rank: int) -> Shape:
    """A window's or a stride's number for each of `rank` axes; equal numbers stand for any number of axes."""
    written = parameters[name]
    if isinstance(written, tuple) and len(written) == rank:
        return written
    if isinstance(written, tuple) and len(set(written)) == 1:
        return (written[0],) * rank
    raise InvalidField(f"has {name} {written}; it slides over {rank} axes, write one number or {rank}")


def window_output(parameters: Parameters, window_name: str, spatial: Shape) -> Shape:
    """The sliding axes of what a window gives."""
    window = window_of(parameters, window_name, len(spatial))
    stride = window_of(parameters, "stride", len(spatial))
    if word(parameters, "padding") == "same":
        return tuple(-(-size // step) for size, step in zip(spatial, stride, strict=True))
    if any(wide > size for wide, size in zip(window, spatial, strict=True)):
        raise InvalidField(
            f"has {window_name} {window}, which is larger than its input {spatial}; make it smaller or use padding=same"
        )
    return tuple((size - wide) // step + 1 for size, wide, step in zip(spatial, window, stride, strict=True))


def transposed_output(parameters: Parameters, window_name: str, spatial: Shape) -> Shape:
    """The sliding axes of what the transposed convolution gives.

    `same` multiplies each by its stride; `valid` adds what the last window reaches beyond its stride.
    """
    window = window_of(parameters, window_name, len(spatial))
    stride = window_of(parameters, "stride", len(spatial))
    beyond = 0 if word(parameters, "padding") == "same" else 1
    return tuple(
        size * step + beyond * max(wide - step, 0) for size, wide, step in zip(spatial, window, stride, strict=True)
    )
