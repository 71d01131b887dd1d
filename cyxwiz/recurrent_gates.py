"""How ONNX orders the gates of recurrent layers, and how the two directions are called in names of weights."""

from __future__ import annotations

from collections.abc import Mapping

from shared.model_definition.kinds.recurrent_form import Cell

DIRECTIONS = ("forward", "backward")
GATE_ORDER: Mapping[Cell, tuple[int, ...]] = {Cell.RNN: (0,), Cell.LSTM: (0, 3, 1, 2), Cell.GRU: (0, 1, 2)}
"""For each gate of ONNX's order, its place in ours."""
