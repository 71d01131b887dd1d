"""What an operator has decided of the terminals of a node, and the checks of what callers send. It opens nothing."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import InvalidField

MOST_ROWS_OR_COLUMNS = 10_000
DEFAULT_SIZE = (24, 80)


@dataclass(frozen=True, slots=True)
class TerminalRules:
    """How terminals are given.

    Attributes:
        command: what every session runs, as words; empty for whatever its caller asks.
        idle_seconds: after so long without a byte in either direction a session ends.
        total_seconds: after so long it ends anyway.
        sessions: how many there may be at once.
    """

    command: tuple[str, ...] = ()
    idle_seconds: float = 900.0
    total_seconds: float = 28_800.0
    sessions: int = 4


@dataclass(frozen=True, slots=True)
class Size:
    """Of a terminal, in characters."""

    rows: int
    columns: int


def checked_size(rows: int, columns: int) -> Size:
    """Return the size that was asked for; 0 and 0 for the usual one.

    Raises:
        InvalidField: a terminal cannot be so large or small.
    """
    if (rows, columns) == (0, 0):
        return Size(*DEFAULT_SIZE)
    for name, value in (("rows", rows), ("cols", columns)):
        if not 1 <= value <= MOST_ROWS_OR_COLUMNS:
            raise InvalidField(f"{name} must be from 1 to {MOST_ROWS_OR_COLUMNS}, got {value}", field=name)
    return Size(rows, columns)
