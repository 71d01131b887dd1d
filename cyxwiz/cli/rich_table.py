"""Builds tables for a terminal; it loads rich, so only what stands on a terminal comes here."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text


def rich_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, is_cut: bool = False) -> Table:
    """Return a table without lines; `is_cut` keeps each row in one line of the terminal, long cells end in `…`."""
    table = Table(box=None, pad_edge=False)
    for name in header:
        table.add_column(name, no_wrap=is_cut, overflow="ellipsis" if is_cut else "fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
