"""The small plot of a curve."""

from __future__ import annotations

import math
import os

import pytest

from cyxwiz.cli.plot import PlotSize, plot_size_of, plotted


def test_a_falling_curve_starts_high_and_ends_low() -> None:
    lines = plotted([(0, 4.0), (50, 2.0), (100, 1.0)], title="loss")
    assert lines[1].strip() == "loss"
    assert lines[2] == "         4 ┤•"
    assert lines[9].startswith("         1 ┤")
    assert lines[9].endswith("•")
    assert len(lines) == 11


def test_a_flat_curve_and_numbers_that_are_none_are_no_trouble() -> None:
    assert plotted([(0, 1.0), (1, math.nan), (2, 1.0)], title="loss")


def test_a_single_point_is_no_curve() -> None:
    assert plotted([(0, 1.0)], title="loss") == []


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 60), (40, 10), (1, 1)])
def test_a_plot_fits_its_terminal_where_that_is_large_enough_for_one(columns: int, lines: int) -> None:
    size = plot_size_of(os.terminal_size((columns, lines)))
    shown = plotted([(0, 1.0), (1_000_000, 2.0)], title="loss", size=size)
    assert max(map(len, shown)) <= max(columns, 38)
    assert len(shown) == size.height + 3 <= max(lines, 7)


def test_a_larger_plot_has_more_lines() -> None:
    assert len(plotted([(0, 1.0), (1, 2.0)], title="loss", size=PlotSize(height=12))) == 15
