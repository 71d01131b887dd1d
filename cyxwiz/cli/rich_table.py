"""Builds tables for a terminal; it loads rich, so only what stands on a terminal comes here."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from cyxwiz.cli.cluster_screen import DEVICE_HEADER
from cyxwiz.cli.fitted_table import fitted
from cyxwiz.cli.job_board import BOARD_HEADER, board_row
from cyxwiz.records import JobInfo
from shared.visible_text import visible

_JOBS_GIVE_UP = ("RATE", "NAME", "STEP", "LEFT", "EPOCH", "PROGRESS")
_DEVICES_GIVE_UP = ("ATTEMPTS", "SEEN", "STATE", "MEMORY")


def rich_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, is_fitted: bool = False) -> Table:
    """Return a table without lines; `is_fitted` says that each row has its place in one line."""
    table = Table(box=None, pad_edge=False)
    for name in header:
        table.add_column(name, no_wrap=is_fitted)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table


def job_table(infos: Sequence[JobInfo], *, width: int) -> Table:
    """Return the board of some jobs; a narrow terminal loses columns, never the job and its state."""
    rows = [board_row(info) for info in infos]
    shown = fitted(BOARD_HEADER, rows, width=width, elastic="SCORES", given_up_first=_JOBS_GIVE_UP)
    return rich_table(*shown, is_fitted=True)


def device_table(rows: Sequence[Sequence[str]], *, width: int) -> Table:
    """Return the rows of devices; a narrow terminal loses columns, never the memory promised and used."""
    shown = fitted(DEVICE_HEADER, rows, width=width, elastic="DEVICE", given_up_first=_DEVICES_GIVE_UP)
    return rich_table(*shown, is_fitted=True)
