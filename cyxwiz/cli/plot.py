"""A small plot of a curve in characters, for a glance at a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

_WIDTH = 60
_HEIGHT = 8
_MARK = "•"


def plotted(points: Sequence[tuple[float, float]], *, title: str) -> list[str]:
    """Return the lines of a plot of `(x, y)` points; nothing when there is no curve to see."""
    points = [(x, y) for x, y in points if math.isfinite(y)]
    if len(points) < 2:
        return []
    low, high = min(y for _, y in points), max(y for _, y in points)
    grid = [[" "] * _WIDTH for _ in range(_HEIGHT)]
    for x, y in points:
        row = _HEIGHT - 1 - _place(y, low, high, _HEIGHT)
        grid[row][_place(x, points[0][0], points[-1][0], _WIDTH)] = _MARK
    labels = [f"{high:.4g}", *[""] * (_HEIGHT - 2), f"{low:.4g}"]
    lines = [f"{label:>10} ┤{''.join(row)}".rstrip() for label, row in zip(labels, grid, strict=True)]
    return ["", f"{'':>10}  {title}", *lines, f"{'':>10} └{'─' * _WIDTH} step {points[-1][0]:g}"]


def _place(value: float, low: float, high: float, cells: int) -> int:
    if high <= low:
        return 0
    return round((value - low) / (high - low) * (cells - 1))
