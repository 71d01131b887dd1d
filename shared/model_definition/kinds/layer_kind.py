"""What a kind of layer is, as data: its names, its parameters, and two pure rules for shapes and parameter counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.model_definition.graph import ParameterValue, Shape

Parameters = Mapping[str, ParameterValue]
ShapeRule = Callable[[Parameters, tuple[Shape, ...]], Shape]
CountRule = Callable[[Parameters, tuple[Shape, ...]], int]


class ParameterType(StrEnum):
    """How a parameter's value is read; `PAIR` is `(height, width)` and takes one number for both.

    `REALS` is one number, or the text of several, such as `0.5, 0.25`.
    """

    INTEGER = "integer"
    REAL = "real"
    FLAG = "flag"
    CHOICE = "choice"
    PAIR = "pair"
    SHAPE = "shape"
    REALS = "reals"


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter of a kind of layer.

    Attributes:
        name: canonical name, the key in `LayerNode.parameters`.
        type: how a value is read.
        default: what holds when nothing is written.
        minimum: the least value allowed (of each number, for pairs and shapes), unless `open_minimum`.
        maximum: the greatest value allowed, unless `open_maximum`.
        open_minimum: the minimum itself is not allowed.
        open_maximum: the maximum itself is not allowed.
        choices: the canonical words of a choice.
        choice_aliases: other words for a choice, lower case without `_` and `-`.
        aliases: other names of the parameter.
    """

    name: str
    type: ParameterType
    default: ParameterValue
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    choices: tuple[str, ...] = ()
    choice_aliases: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


def no_parameters(_parameters: Parameters, _input_shapes: tuple[Shape, ...]) -> int:
    """The count rule of layers without weights."""
    return 0


def _nothing_refused(_parameters: Parameters) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class LayerKind:
    """One kind of layer.

    Attributes:
        name: canonical name, such as `conv2d`.
        aliases: other names; all are matched without regard to case, `_` and `-`.
        designer_code: the integer type in designer graphs, when it has one.
        parameters: what may be written about such a layer.
        output_shape: one example's output shape from its inputs' shapes; raises `InvalidField` with the end of a
            sentence that begins with the layer's name.
        parameter_count: the number of trained numbers; batch statistics do not count.
        not_supported: the end of such a sentence when the parameters ask for what is not offered yet, else empty.
        least_inputs: how many layers must feed it; 0 for one that makes its own numbers.
        most_inputs: how many may; None for any number.
    """

    name: str
    aliases: tuple[str, ...]
    designer_code: int | None
    parameters: tuple[ParameterSpec, ...]
    output_shape: ShapeRule
    parameter_count: CountRule = no_parameters
    not_supported: Callable[[Parameters], str] = _nothing_refused
    least_inputs: int = 1
    most_inputs: int | None = 1


ARRIVING_WIDTH = ParameterSpec(
    "arriving_width",
    ParameterType.INTEGER,
    None,
    minimum=1,
    aliases=("in_features", "in_channels", "input_size", "input_dim", "num_features", "num_channels"),
)
"""What a designer may say of the last axis of what arrives at any layer: nothing follows from it, it is checked."""
