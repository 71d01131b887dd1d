"""A table on a narrow terminal: what is cut, and what goes first."""

from __future__ import annotations

import pytest

from cyxwiz.cli.fitted_table import fitted

HEADER = ("JOB", "RATE", "LEFT", "SCORES")
ROW = ("7f3a", "12,000/s", "3.0 s", "loss 0.2500  accuracy 0.9000")


def shown(width: int) -> tuple[list[str], list[list[str]]]:
    return fitted(HEADER, [ROW], width=width, elastic="SCORES", given_up_first=("RATE", "LEFT"))


def test_a_wide_terminal_shows_all() -> None:
    assert shown(51) == (list(HEADER), [list(ROW)])


def test_the_elastic_column_is_cut_before_another_goes() -> None:
    assert shown(43) == (list(HEADER), [["7f3a", "12,000/s", "3.0 s", "loss 0.2500  accura…"]])


def test_the_columns_that_may_go_do_so_in_their_order() -> None:
    assert shown(32) == (["JOB", "LEFT", "SCORES"], [["7f3a", "3.0 s", "loss 0.2500  accur…"]])
    assert shown(23)[0] == ["JOB", "SCORES"]


@pytest.mark.parametrize("width", range(8, 60))
def test_no_row_is_wider_than_the_terminal(width: int) -> None:
    _, (row,) = shown(width)
    assert sum(map(len, row)) + 2 * (len(row) - 1) <= width


def test_a_table_without_rows_keeps_its_header() -> None:
    assert fitted(HEADER, [], width=80, elastic="SCORES", given_up_first=()) == (list(HEADER), [])
