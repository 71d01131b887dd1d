"""`pad`: puts positions of one value around an example's axes, or cuts some off where a number is negative."""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType

_LARGEST = 2**31 - 1
_LARGEST_REAL = 1e12
"""A value below this in front of a max pooling never wins among the numbers that a network has."""


def padded_axes(parameters: Parameters, rank: int) -> tuple[tuple[int, int], ...]:
    """What is put before and behind each of an example's axes.

    One number stands for both sides of every axis but the channels; else there are two for each axis, the channels
    included.
    """
    written = parameters["amounts"]
    if isinstance(written, tuple) and len(written) == 1 and rank > 1:
        return ((written[0], written[0]),) * (rank - 1) + ((0, 0),)
    if isinstance(written, tuple) and len(written) == 2 * rank:
        return tuple(zip(written[0::2], written[1::2], strict=True))
    raise InvalidField(
        f"has amounts {written}; its input has {rank} axes, write one number, or {2 * rank}: before and behind each"
    )


def _output_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    shape = input_shapes[0]
    padded = padded_axes(parameters, len(shape))
    sizes = tuple(size + before + behind for size, (before, behind) in zip(shape, padded, strict=True))
    for size, (before, behind) in zip(shape, padded, strict=True):
        if size + min(before, 0) + min(behind, 0) < 1:
            raise InvalidField(f"cuts {before} and {behind} off an axis of {size}, which leaves nothing")
    return sizes


PAD = LayerKind(
    "pad",
    ("zero_pad", "zero_padding", *(f"zero_pad{rank}d" for rank in (1, 2, 3))),
    None,
    (
        ParameterSpec(
            "amounts", ParameterType.SHAPE, (1,), minimum=-_LARGEST, maximum=_LARGEST, aliases=("padding", "pads")
        ),
        ParameterSpec("value", ParameterType.REAL, 0.0, minimum=-_LARGEST_REAL, maximum=_LARGEST_REAL),
    ),
    _output_shape,
)
