"""Checks what a drawing says of the width of a layer's input; nothing else follows from it."""

from __future__ import annotations

from shared.model_definition.graph import LayerNode, Shape
from shared.model_definition.kinds.layer_kind import ARRIVING_WIDTH
from shared.model_definition.refusal import refusal


def check_arriving_width(node: LayerNode, label: str, arriving: Shape) -> None:
    """Refuses a node that is said to take another width than what arrives; `label` is how messages name it."""
    said = node.parameters.get(ARRIVING_WIDTH.name)
    if said is not None and arriving[-1] != said:
        raise refusal(f"{label} is said to take {said} features or channels, but {arriving} arrives; leave it out")
