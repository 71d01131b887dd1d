"""GELU out of its pieces: x·½·(1 + erf(x / √2)), in whatever order they are multiplied."""

from __future__ import annotations

import math
from dataclasses import replace

from cyxwiz.onnx_import.carried import Carried
from cyxwiz.onnx_import.gelu_pieces import GeluPiece
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.sketch import Sketch
from cyxwiz.onnx_import.tensors import Array

_NEAR = 1e-4


def read_erf(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the error function of x / √2."""
    value = node.carried()
    source, factor = _without_factor(sketch, value)
    if not math.isclose(factor, math.sqrt(0.5), rel_tol=_NEAR):
        raise node.refuse(
            "takes the error function of a value that is not divided by √2, as in a GELU, the one form taken"
        )
    return (GeluPiece(replace(value, layer=source)),)


def gelu_added(node: OnnxNode, piece: GeluPiece, added: Array) -> GeluPiece:
    """The error function and 1."""
    if added.size != 1 or float(added.reshape(-1)[0]) != 1.0 or piece.has_one or piece.has_x or piece.factor != 1.0:
        raise node.refuse("adds to an error function what is not 1, so it is no GELU")
    return replace(piece, has_one=True)


def gelu_times(sketch: Sketch, node: OnnxNode, piece: GeluPiece, other: Carried | Array) -> Held:
    """The piece times x or a number; the whole GELU when nothing is missing."""
    if isinstance(other, Carried):
        source, factor = _without_factor(sketch, other)
        if source != piece.x.layer or piece.has_x or not piece.has_one:
            raise node.refuse("multiplies an error function by another value than its own, so it is no GELU")
        piece = replace(piece, has_x=True, factor=piece.factor * factor)
    elif other.size == 1:
        piece = replace(piece, factor=piece.factor * float(other.reshape(-1)[0]))
    else:
        raise node.refuse(f"multiplies an error function by numbers of shape {other.shape}, so it is no GELU")
    is_whole = piece.has_one and piece.has_x and math.isclose(piece.factor, 0.5, rel_tol=_NEAR)
    return sketch.follow(piece.x, "gelu") if is_whole else piece


def _without_factor(sketch: Sketch, value: Carried) -> tuple[int, float]:
    """The layer before multiplications by one constant number, and the product of those."""
    place, factor = value.layer, 1.0
    while sketch.layers[place].kind == "multiply":
        source, by = sketch.layers[place].inputs
        if sketch.layers[by].kind != "constant":
            break
        place, factor = source, factor * float(str(sketch.layers[by].written["value"]))
    return place, factor
