"""One example's shape, as graphs see it, from the shapes of a dataset's inputs."""

from __future__ import annotations

from collections.abc import Sequence

from shared.model_definition.graph import Shape
from shared.model_definition.refusal import refusal


def example_shape(first: Shape, more: Sequence[Shape] = ()) -> Shape:
    """The shape of the only input; of several, one shape with their number in front: `(2, 12)` for two of `(12,)`.

    Raises:
        InvalidField: when the inputs have different shapes.
    """
    if not more:
        return first
    if set(more) != {first}:
        shapes = ", ".join(str(shape) for shape in (first, *more))
        raise refusal(f"the dataset's inputs have shapes {shapes}; inputs of different shapes are not supported yet")
    return (1 + len(more), *first)
