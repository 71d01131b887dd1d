"""How a recurrent layer is built, read once from its parameters, for the rules here and for the engine alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.model_definition.kinds.layer_kind import Parameters
from shared.model_definition.kinds.parameter_access import flag, integer, word


class Cell(StrEnum):
    """What is computed at every position."""

    RNN = "rnn"
    LSTM = "lstm"
    GRU = "gru"

    @property
    def gates(self) -> int:
        """Products of the input, and of the state, at every position; each has one bias."""
        match self:
            case Cell.RNN:
                return 1
            case Cell.GRU:
                return 3
            case Cell.LSTM:
                return 4


class Merge(StrEnum):
    """How the two directions become one sequence."""

    CONCAT = "concat"
    SUM = "sum"
    AVERAGE = "average"
    MULTIPLY = "multiply"


@dataclass(frozen=True, slots=True)
class RecurrentForm:
    """A stack of recurrent layers.

    Attributes:
        cell: what is computed at every position.
        units: width of the state of one direction.
        layers: how many are stacked.
        directions: 1, or 2 where the sequence is read backwards too.
        merge: how two directions are joined, after every layer.
        returns_sequences: whether every position's output leaves, or the last state.
        returns_state: whether the last state leaves whole: of an LSTM the hidden state and the cell's, side by side.
    """

    cell: Cell
    units: int
    layers: int
    directions: int
    merge: Merge
    returns_sequences: bool
    returns_state: bool

    @property
    def width(self) -> int:
        """Width of what one layer gives at every position."""
        return self.units * (self.directions if self.merge is Merge.CONCAT else 1)

    @property
    def gives_cell_state(self) -> bool:
        """Whether the cell's state leaves beside the hidden one."""
        return self.returns_state and not self.returns_sequences and self.cell is Cell.LSTM

    def features_of(self, layer: int, features: int) -> int:
        """Width of what arrives at a layer of the stack, counted from 0."""
        return features if layer == 0 else self.width


def recurrent_form(cell: Cell, parameters: Parameters) -> RecurrentForm:
    """The form of an RNN, LSTM or GRU."""
    directions = 2 if flag(parameters, "bidirectional") else 1
    return _form(cell, directions, Merge.CONCAT, parameters)


def bidirectional_form(parameters: Parameters) -> RecurrentForm:
    """The form of a Bidirectional."""
    return _form(Cell(word(parameters, "layer_type")), 2, Merge(word(parameters, "merge_mode")), parameters)


def _form(cell: Cell, directions: int, merge: Merge, parameters: Parameters) -> RecurrentForm:
    return RecurrentForm(
        cell=cell,
        units=integer(parameters, "units"),
        layers=integer(parameters, "num_layers"),
        directions=directions,
        merge=merge,
        returns_sequences=parameters["return_sequences"] is True,
        returns_state=flag(parameters, "return_state"),
    )
