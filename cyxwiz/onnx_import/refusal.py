"""How an ONNX file is refused: one error type, one field, and one way to name a node."""

from __future__ import annotations

from shared.did_you_mean import quoted
from shared.errors import InvalidField, TooLarge

FIELD = "model.onnx"


def refusal(message: str) -> InvalidField:
    """The error of everything that a file says and we do not take."""
    return InvalidField(message, field=FIELD)


def too_large(message: str) -> TooLarge:
    """The error of what would need more than is allowed."""
    return TooLarge(message, field=FIELD)


def node_label(name: str, operator: str) -> str:
    """How messages name a node of the file."""
    return f"node {quoted(name)} ({operator})" if name else f"a node without a name ({operator})"
