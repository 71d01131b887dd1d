"""What layers over sequences expect of the shapes that arrive: `(length, features)`, and of their width."""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape

_SEQUENCE_RANK = 2


def sequence_shape(shape: Shape, role: str = "a sequence") -> tuple[int, int]:
    """The shape as `(length, features)`, or the refusal of anything else."""
    if len(shape) != _SEQUENCE_RANK:
        raise InvalidField(
            f"expects {role} of shape (length, features), got {shape}; give the layer before it "
            "return_sequences=true, or put an embedding or a reshape in front"
        )
    return shape[0], shape[1]


def check_width(width: int | None, arrived: int, name: str) -> None:
    """Refuses a written width that is not the one that arrives; None is whatever arrives."""
    if width is not None and width != arrived:
        raise InvalidField(f"has {name} {width}, but what arrives is {arrived} wide; make them the same")
