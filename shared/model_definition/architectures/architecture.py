"""What a named architecture is: its parameters, and a pure function that draws it with layers of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.model_definition.architectures.sketch import Sketch
from shared.model_definition.kinds.dense import LARGEST_WIDTH
from shared.model_definition.kinds.layer_kind import Parameters, ParameterSpec, ParameterType


def _nothing_refused(_parameters: Parameters) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A model by name.

    Attributes:
        name: canonical name, such as `resnet`.
        aliases: other names; all are matched without regard to case, `_` and `-`.
        parameters: what may be written beside the name; small by default.
        draw: the whole model for checked parameters.
        not_supported: the end of a sentence when parameters do not go together, else empty.
    """

    name: str
    aliases: tuple[str, ...]
    parameters: tuple[ParameterSpec, ...]
    draw: Callable[[Parameters], Sketch]
    not_supported: Callable[[Parameters], str] = _nothing_refused


def count_parameter(name: str, default: int | None, *aliases: str, most: int = LARGEST_WIDTH) -> ParameterSpec:
    """A number of layers, units or heads, from 1."""
    return ParameterSpec(name, ParameterType.INTEGER, default, minimum=1, maximum=most, aliases=aliases)


def widths_parameter(name: str, default: tuple[int, ...], *aliases: str) -> ParameterSpec:
    """The widths of several layers, first to last."""
    return ParameterSpec(name, ParameterType.SHAPE, default, minimum=1, maximum=LARGEST_WIDTH, aliases=aliases)


CLASSES = count_parameter("classes", 10, "num_classes", "output_size", "outputs")
DROPOUT = ParameterSpec(
    "dropout", ParameterType.REAL, 0.0, minimum=0, maximum=1, open_maximum=True, aliases=("dropout_rate",)
)
