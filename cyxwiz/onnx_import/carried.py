"""What stands for a value of the file while it is read: one of our layers, and how its axes lie to those of the file.

A change of the order of axes computes nothing, so it is only written down here. A layer is put in when somebody needs
the axes in another order than they have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.model_definition.graph import Shape

BATCH = -1
"""What stands for the number of examples in a shape of the file."""


def plain_axes(rank: int) -> Shape:
    """The file's own order."""
    return tuple(range(rank))


def channels_last_axes(rank: int) -> Shape:
    """Our order of an array whose channels stand behind the batch in the file."""
    return (0, *range(2, rank), 1)


@dataclass(frozen=True, slots=True)
class Folded:
    """How a vector came out of an image: the image's shape and axes as ours, before it was flattened."""

    shape: Shape
    axes: Shape

    def places_in_file(self) -> npt.NDArray[np.int64]:
        """For each number of our vector, its place in the file's vector."""
        order = [axis - 1 for axis in self.axes[1:]]
        sizes = [0] * len(order)
        for axis, size in zip(order, self.shape, strict=True):
            sizes[axis] = size
        return np.arange(int(np.prod(sizes)), dtype=np.int64).reshape(sizes).transpose(order).ravel()


@dataclass(frozen=True, slots=True)
class Carried:
    """A value that depends on the batch.

    Attributes:
        layer: the id of our layer that gives it.
        shape: one example's shape as ours.
        axes: our axis i, the batch being 0, is axis `axes[i]` of the file's value.
        folded: for a vector whose numbers stand in another order than the file's; None for the same order.
    """

    layer: int
    shape: Shape
    axes: Shape
    folded: Folded | None = None

    @property
    def rank(self) -> int:
        """Axes in the file, the batch included."""
        return len(self.axes)

    @property
    def file_shape(self) -> list[int]:
        """The sizes of the file's axes, `BATCH` for the batch."""
        sizes = [BATCH] * self.rank
        for axis, size in zip(self.axes[1:], self.shape, strict=True):
            sizes[axis] = size
        return sizes

    def shape_in(self, axes: Shape) -> Shape:
        """One example's shape with the axes in another order of the file's, the batch first."""
        sizes = dict(zip(self.axes[1:], self.shape, strict=True))
        return tuple(sizes[axis] for axis in axes[1:])

    def own(self, axis: int) -> int:
        """The place in `shape` of an axis of the file; -1 for the batch."""
        return self.axes.index(axis) - 1
