"""Attention while it is read: what is known of it between its projections and the product that ends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from shared.model_definition.graph import Shape

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A query, key or value in heads.

    Attributes:
        source: the id of the layer that is projected.
        shape: what that gives for one example, `(positions, width)`.
        kernel: `(arriving, width)`.
        bias: `(width,)`, or None.
        heads: into how many the width is split.
    """

    source: int
    shape: Shape
    kernel: FloatArray
    bias: FloatArray | None
    heads: int

    @property
    def length(self) -> int:
        """How many positions there are."""
        return self.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The products of queries and keys, `(batch, heads, queries, keys)`.

    Attributes:
        query: the queries.
        key: the keys.
        scale: what the products have been multiplied by.
        is_causal: whether a query sees only the keys up to its own place.
        is_shared_out: whether the softmax has been taken.
    """

    query: Projection
    key: Projection
    scale: float
    is_causal: bool = False
    is_shared_out: bool = False
    what: str = "attention"


class Stage(Enum):
    """How far what was gathered has come on its way back to rows."""

    HEADS_FIRST = auto()
    POSITIONS_FIRST = auto()
    ROWS = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The values that queries have gathered."""

    scores: Scores
    value: Projection
    stage: Stage
    what: str = "attention"
