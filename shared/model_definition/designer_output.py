"""What the Output node of a drawing says: how many classes or numbers leave the model."""

from __future__ import annotations

from collections.abc import Iterable

from shared.did_you_mean import quoted
from shared.model_definition.designer_parts import DesignerNode
from shared.model_definition.kinds.dense import LARGEST_WIDTH
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import SettingsRole, type_key
from shared.strict_values import integer_from

_CLASSES_KEYS = frozenset({"classes", "numclasses", "units", "outputsize"})
_IGNORED_KEYS = frozenset({"name", "label"})


def output_width(nodes: Iterable[DesignerNode]) -> int | None:
    """The last axis of the output, or None when no Output says it.

    Raises:
        InvalidField: for an unknown parameter, a number out of range, or two numbers.
    """
    outputs = [node for node in nodes if node.role is SettingsRole.OUTPUT]
    widths = {width for node in outputs for width in _widths_said(node)}
    if len(widths) > 1:
        raise refusal(f"{outputs[0].label} says {sorted(widths)} classes; keep one number")
    return next(iter(widths), None)


def _widths_said(node: DesignerNode) -> list[int]:
    for name in node.parameters:
        if type_key(name) not in _CLASSES_KEYS | _IGNORED_KEYS:
            raise refusal(f"{node.label}: unknown parameter {quoted(name)} of Output; it takes classes")
    said = [value for name, value in node.parameters.items() if type_key(name) in _CLASSES_KEYS]
    return [_width(node, value) for value in said if value not in (None, "")]


def _width(node: DesignerNode, value: object) -> int:
    expected = f"a whole number from 1 to {LARGEST_WIDTH}"
    try:
        width = integer_from(value)
    except ValueError:
        raise refusal(f"{node.label}: classes must be {expected}, got {quoted(value)}") from None
    if not 1 <= width <= LARGEST_WIDTH:
        raise refusal(f"{node.label}: classes must be {expected}, got {width}")
    return width
