"""RNN, LSTM and GRU: one layer of ours for each node, with one bias a gate, the sum of ONNX's two."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cyxwiz.onnx_import.carried import Carried
from cyxwiz.onnx_import.node import Held, OnnxNode
from cyxwiz.onnx_import.sketch import Sketch
from cyxwiz.onnx_import.tensors import Array
from cyxwiz.recurrent_gates import DIRECTIONS, GATE_ORDER
from shared.model_definition.kinds.recurrent_form import Cell

_USUAL = {Cell.RNN: ("Tanh",), Cell.LSTM: ("Sigmoid", "Tanh", "Tanh"), Cell.GRU: ("Sigmoid", "Tanh")}
_OF_RNN: Mapping[str, str] = {"Tanh": "tanh", "Relu": "relu", "Sigmoid": "sigmoid", "Affine": "linear"}
_SEQUENCE, _STATE = (2, 0, 1, 3), (1, 0, 2)
"""Where examples, positions, directions and units lie in Y, and examples, directions and units in Y_h and Y_c."""


def read_recurrent(sketch: Sketch, node: OnnxNode) -> tuple[Held | None, ...]:
    """Read the layer; the sequence, or its last states, leave it."""
    cell = Cell(node.operator.lower())
    directions = _directions(node)
    units, arrays = _arrays(node, cell, directions)
    written: dict[str, object] = {"units": units, "bidirectional": directions == 2}
    written |= _activation(node, cell, directions)
    sources = [sketch.ordered(node.carried(), (1, 0, 2)), *_start(sketch, node, cell)]
    if sketch.layers[sources[0]].shape[-1] != arrays["layer_0.forward.kernel"].shape[0]:
        raise node.refuse(
            f"reads {sketch.layers[sources[0]].shape[-1]} features, and its weights are for another number"
        )
    wants = [node.is_read(place) for place in range(3)]
    written |= {"return_sequences": wants[0]}
    if wants[2]:
        raise node.refuse("gives its cell state to somebody, which no layer of ours does; take its hidden state")
    if wants[0] and wants[1] and directions == 2:
        raise node.refuse("gives its sequence and its last state; taken is one of them, or both of one direction")
    layer = sketch.add(str(cell), written, sources, arrays)
    return _outputs(sketch, layer, directions, units, wants)


def _outputs(sketch: Sketch, layer: int, directions: int, units: int, wants: list[bool]) -> tuple[Held | None, ...]:
    if wants[0]:
        shape = (sketch.layers[layer].shape[0], directions, units)
        sequence = Carried(sketch.reshaped(layer, shape), shape, _SEQUENCE)
        return sequence, _state(sketch, sketch.add("last_state", {}, [layer]), 1, units) if wants[1] else None, None
    return None, _state(sketch, layer, directions, units), None


def _state(sketch: Sketch, layer: int, directions: int, units: int) -> Carried:
    return Carried(sketch.reshaped(layer, (directions, units)), (directions, units), _STATE)


def _directions(node: OnnxNode) -> int:
    node.demand("layout", 0, "taken is layout=0, the positions in front")
    node.demand("input_forget", 0, "our gates are not coupled")
    direction = node.word("direction", "forward")
    if direction not in {"forward", "bidirectional"}:
        raise node.refuse(f"reads in direction {direction!r}; taken are forward and bidirectional")
    if node.says("clip"):
        raise node.refuse("clips its gates, which our layers do not")
    if node.operator == "GRU" and node.integer("linear_before_reset", 0):
        raise node.refuse(
            "resets behind the product (linear_before_reset=1, as PyTorch does), and our GRU in front of it; "
            "an LSTM is taken"
        )
    if node.has(4):
        raise node.refuse("is given the length of each example (sequence_lens); all must be of one length")
    if node.has(7):
        raise node.refuse("has peepholes, which our LSTM does not")
    return 2 if direction == "bidirectional" else 1


def _activation(node: OnnxNode, cell: Cell, directions: int) -> dict[str, object]:
    said = node.words("activations") or _USUAL[cell] * directions
    alphas, betas = node.reals("activation_alpha"), node.reals("activation_beta")
    if cell is Cell.RNN and len(set(said)) == 1 and said[0] in _OF_RNN:
        if said[0] != "Affine" or (set(alphas) <= {1.0} and set(betas) <= {0.0}):
            return {"activation": _OF_RNN[said[0]]}
    elif said == _USUAL[cell] * directions:
        return {}
    raise node.refuse(f"has the activations {list(said)[:6]}; taken are {list(_USUAL[cell])}")


def _arrays(node: OnnxNode, cell: Cell, directions: int) -> tuple[int, dict[str, Array]]:
    kernel, recurrent = node.constant(1), node.constant(2)
    units = node.integer("hidden_size", recurrent.shape[-1] if recurrent.ndim else None)
    width = cell.gates * units
    bias = node.optional_constant(3)
    bias = np.zeros((directions, 2 * width), np.float32) if bias is None else bias
    fits = kernel.ndim == 3 and kernel.shape[:2] == (directions, width) and kernel.size
    if not fits or recurrent.shape != (directions, width, units) or bias.shape != (directions, 2 * width):
        raise node.refuse(
            f"has weights {kernel.shape}, {recurrent.shape} and {bias.shape}, which do not fit {units} units"
        )
    arrays: dict[str, Array] = {}
    for place, name in enumerate(DIRECTIONS[:directions]):
        arrays[f"layer_0.{name}.kernel"] = _in_our_order(cell, kernel[place].T)
        arrays[f"layer_0.{name}.recurrent_kernel"] = _in_our_order(cell, recurrent[place].T)
        arrays[f"layer_0.{name}.bias"] = _in_our_order(cell, bias[place][:width] + bias[place][width:])
    return units, arrays


def _in_our_order(cell: Cell, array: Array) -> Array:
    gates = np.split(array, cell.gates, axis=-1)
    ours = dict(zip(GATE_ORDER[cell], gates, strict=True))
    return np.concatenate([ours[place] for place in range(cell.gates)], axis=-1)


def _start(sketch: Sketch, node: OnnxNode, cell: Cell) -> list[int]:
    """The layers that give the states to start from; none where they are 0."""
    states = [_given_state(sketch, node, place) for place in ((5, 6) if cell is Cell.LSTM else (5,))]
    found = [state for state in states if state is not None]
    if not found:
        return []
    if states[0] is None:
        raise node.refuse("is given a cell state to start from and no hidden one")
    return found if len(found) == 1 else [sketch.add("concatenate", {"dim": -1}, found)]


def _given_state(sketch: Sketch, node: OnnxNode, place: int) -> int | None:
    if not node.has(place):
        return None
    held = node.held(place)
    if isinstance(held, np.ndarray):
        if held.any():
            raise node.refuse("starts from a state that stands in the file and is not 0")
        return None
    value = node.carried(place)
    source = sketch.layers[value.layer]
    if source.kind == "parameter" and not source.arrays["value"].any():
        return None
    if value.rank != 3 or value.axes[0] != 1 or value.shape_in((1, 0, 2))[0] != 1:
        raise node.refuse("starts from a state that is not [1, batch, units]")
    ordered = sketch.ordered(value, (1, 0, 2))
    return sketch.reshaped(ordered, sketch.layers[ordered].shape[1:])
