"""The small plot of a curve."""

from __future__ import annotations

import math

from cyxwiz.cli.plot import plotted


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
