"""The sizes of a GPT, for those who only count with them: no JAX is imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GptShape:
    """Sizes of the model; the feed-forward width is four times `width`."""

    vocabulary: int
    context: int
    width: int
    depth: int
    heads: int
