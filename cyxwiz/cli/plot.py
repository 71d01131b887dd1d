"""A small plot of a curve in characters, for a glance at a terminal."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

_MARK = "•"
_LABEL_CELLS = 12
_STEP_CELLS = 16
_LARGEST_WIDTH = 200
_LARGEST_HEIGHT = 16


@dataclass(frozen=True, slots=True)
class PlotSize:
    """How many characters the curve itself has."""

    width: int = 60
    height: int = 8


def plot_size_of(terminal: os.terminal_size) -> PlotSize:
    """Return the largest plot that a terminal shows with its labels, three of them one above the other."""
    width = min(terminal.columns - _LABEL_CELLS - _STEP_CELLS, _LARGEST_WIDTH)
    height = min(terminal.lines // 3, _LARGEST_HEIGHT)
    return PlotSize(width=max(10, width), height=max(4, height))


def plotted(points: Sequence[tuple[float, float]], *, title: str, size: PlotSize = PlotSize()) -> list[str]:
    """Return the lines of a plot of `(x, y)` points; nothing when there is no curve to see."""
    points = [(x, y) for x, y in points if math.isfinite(y)]
    if len(points) < 2:
        return []
    low, high = min(y for _, y in points), max(y for _, y in points)
    grid = [[" "] * size.width for _ in range(size.height)]
    for x, y in points:
        row = size.height - 1 - _place(y, low, high, size.height)
        grid[row][_place(x, points[0][0], points[-1][0], size.width)] = _MARK
    labels = [f"{high:.4g}", *[""] * (size.height - 2), f"{low:.4g}"]
    lines = [f"{label:>10} ┤{''.join(row)}".rstrip() for label, row in zip(labels, grid, strict=True)]
    return ["", f"{'':>10}  {title}", *lines, f"{'':>10} └{'─' * size.width} step {points[-1][0]:g}"]


def _place(value: float, low: float, high: float, cells: int) -> int:
    if high <= low:
        return 0
    return round((value - low) / (high - low) * (cells - 1))
