"""GELU while it is read: x·½·(1 + erf(x / √2)) comes in several orders of the same few products."""

from __future__ import annotations

from dataclasses import dataclass

from cyxwiz.onnx_import.carried import Carried


@dataclass(frozen=True, slots=True)
class GeluPiece:
    """A product that may become a GELU.

    Attributes:
        x: what the error function was taken of, times √2.
        factor: the numbers that it has been multiplied by.
        has_one: whether 1 was added to the error function.
        has_x: whether it has been multiplied by x.
    """

    x: Carried
    factor: float = 1.0
    has_one: bool = False
    has_x: bool = False
    what: str = "a GELU"
