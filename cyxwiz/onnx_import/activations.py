"""Activations, and what does nothing once training is over."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from onnx import TensorProto

from cyxwiz.onnx_import.attention import shared_out
from cyxwiz.onnx_import.attention_pieces import Scores
from cyxwiz.onnx_import.carried import Carried
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.sketch import Sketch

PLAIN: Mapping[str, str] = {"Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Mish": "mish"}
"""Operators without attributes, and our kinds."""
_SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}
_NUMBERS = frozenset({TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT32, TensorProto.INT64})


def read_plain(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read an activation without attributes."""
    return (sketch.follow(node.carried(), PLAIN[node.operator]),)


def read_selu(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a SELU, whose two numbers are fixed."""
    for name, wanted in _SELU.items():
        if not math.isclose(node.real(name, wanted), wanted, rel_tol=1e-5):
            raise node.refuse(f"says {name}={node.real(name, wanted)}; a SELU's is {wanted}")
    return (sketch.follow(node.carried(), "selu"),)


def read_leaky_relu(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a leaky ReLU."""
    return (sketch.follow(node.carried(), "leaky_relu", {"negative_slope": node.real("alpha", 0.01)}),)


def read_elu(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read an ELU."""
    return (sketch.follow(node.carried(), "elu", {"alpha": node.real("alpha", 1.0)}),)


def read_gelu(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read the exact GELU."""
    node.demand("approximate", "none", "ours is the exact one; export the model with approximate=none")
    return (sketch.follow(node.carried(), "gelu"),)


def read_prelu(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a PReLU with one slope, or one a channel."""
    value = sketch.unfolded(node.carried())
    slope = node.constant(1)
    channels, axis = value.shape[-1], value.axes[-1]
    wide = slope.reshape((1,) * (value.rank - slope.ndim) + slope.shape) if slope.ndim <= value.rank else slope
    is_by_channel = wide.ndim == value.rank and wide.size == channels == wide.shape[axis]
    if slope.size != 1 and not is_by_channel:
        raise node.refuse(f"has slopes of shape {slope.shape}; taken is one, or one for each of {channels} channels")
    slopes = np.broadcast_to(slope.reshape(-1), (channels,))
    return (sketch.follow(value, "prelu", arrays={"slope": slopes}),)


def read_softmax(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a softmax over any axis but that of the examples; our layer's is the last."""
    held = node.held(0)
    if isinstance(held, Scores):
        return (shared_out(node, held),)
    value = sketch.unfolded(node.carried())
    axis = node.axis("axis", value.rank, default=-1)
    if axis == value.axes[0]:
        raise node.refuse("takes the softmax over the examples; it must be over an axis of one example")
    rest = tuple(one for one in value.axes if one != axis)
    ordered = Carried(sketch.ordered(value, (*rest, axis)), value.shape_in((*rest, axis)), (*rest, axis))
    return (sketch.follow(ordered, "softmax"),)


def read_identity(_sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read what changes nothing."""
    return (node.held(0),)


def read_dropout(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a dropout, which training goes on with."""
    node.ignore("seed")
    held = node.held(0)
    if node.is_read(1):
        raise node.refuse("gives its mask to somebody; only its first output is taken")
    given = node.optional_constant(1)
    rate = node.real("ratio", 0.5) if given is None else float(given.reshape(-1)[0]) if given.size else 0.5
    node.optional_constant(2)
    if not isinstance(held, Carried) or not 0 < rate < 1:
        return (held,)
    return (sketch.follow(held, "dropout", {"rate": rate}),)


def read_cast(sketch: Sketch, node: OnnxNode) -> tuple[Held, ...]:
    """Read a change of type; real numbers stay real, tokens stay tokens."""
    wanted, held = node.integer("to"), node.held(0)
    node.ignore("saturate", "round_mode")
    if wanted not in _NUMBERS:
        raise node.refuse(f"casts to type {wanted}; taken are real and whole numbers")
    is_whole = wanted in {TensorProto.INT32, TensorProto.INT64}
    if is_whole and isinstance(held, Carried) and sketch.layers[held.layer].kind not in {"input", "reshape", "flatten"}:
        raise node.refuse("cuts computed numbers to whole ones, which has no gradient")
    return (held,)
