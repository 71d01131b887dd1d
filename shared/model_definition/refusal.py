"""How a model definition is refused: one error type, one field, and one way to name a node."""

from __future__ import annotations

from shared.did_you_mean import quoted
from shared.errors import InvalidField

FIELD = "model_definition"
LONGEST_NAME = 200


def refusal(message: str) -> InvalidField:
    """The error that every rule of a model definition raises."""
    return InvalidField(message, field=FIELD)


def node_label(node_id: str, name: str) -> str:
    """How messages name a node: by id and name."""
    return f"layer {node_id} ({name})"


def checked_name(value: object, default: str, what: str = "a name") -> str:
    """A node's name as written, or the default when none is; `what` is how messages call it."""
    if value is None or value == "":
        return default
    if not isinstance(value, str) or len(value) > LONGEST_NAME or not value.isprintable():
        raise refusal(f"{what} must be printable text of at most {LONGEST_NAME} characters, got {quoted(value)}")
    return value


class NamesInUse:
    """Gives every node a name of its own: `conv2d_1`, `conv2d_2`; a name written twice gets its node's id added."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._count_of_kind: dict[str, int] = {}

    def name_for(self, kind: str, node_id: str, written: object) -> str:
        """A name no other node has; the written one when it is free."""
        self._count_of_kind[kind] = self._count_of_kind.get(kind, 0) + 1
        name = checked_name(written, f"{kind}_{self._count_of_kind[kind]}")
        while name in self._taken:
            name = f"{name}_{node_id}"
        self._taken.add(name)
        return name
