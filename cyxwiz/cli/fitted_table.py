"""Makes a table fit a narrow terminal: one long column is cut, then whole columns go, the least important first."""

from __future__ import annotations

from collections.abc import Sequence

_GAP = 2  # as rich leaves between columns
_LEAST_ELASTIC = 16
_CUT = "…"

Rows = Sequence[Sequence[str]]


def fitted(
    header: Sequence[str], rows: Rows, *, width: int, elastic: str, given_up_first: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Return a header and rows that need no more than `width`, where the columns that must stay allow it.

    Args:
        header: the names of the columns.
        rows: a cell for each.
        width: of the terminal.
        elastic: the column whose cells may be cut.
        given_up_first: the columns that may go, in this order.
    """
    widths = {name: max(map(len, column)) for name, *column in zip(header, header, *rows, strict=True)}
    kept = list(header)
    for name in given_up_first:
        if _needed(kept, widths | {elastic: min(widths[elastic], _LEAST_ELASTIC)}) <= width:
            break
        kept.remove(name)
    room = max(1, width - _needed([name for name in kept if name != elastic], widths) - _GAP)
    return kept, [
        [_cut(cell, room) if name == elastic else cell for name, cell in _pairs(header, row, kept)] for row in rows
    ]


def _needed(names: Sequence[str], widths: dict[str, int]) -> int:
    return sum(widths[name] for name in names) + _GAP * max(0, len(names) - 1)


def _pairs(header: Sequence[str], row: Sequence[str], kept: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, cell) for name, cell in zip(header, row, strict=True) if name in kept]


def _cut(cell: str, room: int) -> str:
    return cell if len(cell) <= room else cell[: room - 1] + _CUT
