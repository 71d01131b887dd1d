"""What a replica computes with: rows in, outputs out, for any number of rows up to the largest batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """One input or output: its name, one row's shape, and the type of its values."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class ModelFace:
    """What a caller must know of a model.

    Attributes:
        inputs: what goes in, in order.
        outputs: what comes out, in order.
        columns: names of the numbers of one row, where it was trained on a table with a header.
    """

    inputs: tuple[ValueSpec, ...]
    outputs: tuple[ValueSpec, ...]
    columns: tuple[str, ...] = ()


class ServedModel(Protocol):
    """A model whose programs are compiled and whose weights are in their place."""

    @property
    def face(self) -> ModelFace:
        """What goes in and what comes out."""
        ...

    @property
    def memory_bytes(self) -> int:
        """The compiler's account, weights included."""
        ...

    def compute(self, inputs: tuple[Rows, ...]) -> tuple[Rows, ...]:
        """Give the outputs of some rows, as many as came; used by one thread at a time."""
        ...
