"""Thins a curve out so that a page can draw it: of each stretch of steps the smallest and the largest value stay.

A spike of one step is seen however long the history is, and the first and last points always stay. Values that are no
numbers leave a gap of one point. It decides nothing else and reads nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_POINTS = 20_000
FEWEST_POINTS = 4
_MOST_STEP = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CurveRequest:
    """What of a history is to be drawn.

    Attributes:
        names: which series; empty for all.
        points: about so many of each.
        from_step: the first step that counts.
        to_step: the last one.
    """

    names: tuple[str, ...] = ()
    points: int = 1000
    from_step: int = 0
    to_step: int = _MOST_STEP


@dataclass(frozen=True, slots=True)
class Series:
    """One line: at each of `steps` the value, None where it is no number."""

    steps: Sequence[int]
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Curve:
    """Some lines of one job.

    Attributes:
        names: every series of these rows, asked for or not.
        rows: how many rows of history lie between the two steps.
        first_step: of these rows; None when there are none.
        last_step: the same.
    """

    names: tuple[str, ...]
    rows: int
    first_step: int | None
    last_step: int | None
    series: Mapping[str, Series]


def curve_of(steps: Sequence[int], columns: Mapping[str, Sequence[float | None]], request: CurveRequest) -> Curve:
    """Return the curve of rows in the order of their steps; a column has None where a row does not name it."""
    wanted = request.names or tuple(columns)
    return Curve(
        names=tuple(sorted(columns)),
        rows=len(steps),
        first_step=steps[0] if steps else None,
        last_step=steps[-1] if steps else None,
        series={name: _series(steps, columns[name], request.points) for name in wanted if name in columns},
    )


def thinned(steps: Sequence[int], values: Sequence[float], points: int) -> Series:
    """Return at most about `points` of these, with every stretch's extremes."""
    if len(steps) <= max(points, FEWEST_POINTS):
        return Series(list(steps), [_finite(value) for value in values])
    kept = [0]
    buckets = max(1, (max(points, FEWEST_POINTS) - 2) // 2)
    inner = len(steps) - 2
    for bucket in range(buckets):
        start, end = 1 + inner * bucket // buckets, 1 + inner * (bucket + 1) // buckets
        kept += _extremes(values, start, end)
    kept.append(len(steps) - 1)
    return Series([steps[index] for index in kept], [_finite(values[index]) for index in kept])


def _series(steps: Sequence[int], column: Sequence[float | None], points: int) -> Series:
    if None in column:
        pairs = [(step, value) for step, value in zip(steps, column, strict=True) if value is not None]
        return thinned([step for step, _ in pairs], [value for _, value in pairs], points)
    return thinned(steps, column, points)  # type: ignore[arg-type]  # there is no None in it


def _extremes(values: Sequence[float], start: int, end: int) -> list[int]:
    """Return where the smallest and the largest stand, in order; a value that is no number takes the place of one."""
    piece = values[start:end]
    if not piece:
        return []
    if not math.isfinite(math.fsum(piece) if all(map(math.isfinite, piece)) else math.nan):
        return _with_gap(piece, start)
    lowest, highest = start + piece.index(min(piece)), start + piece.index(max(piece))
    return sorted({lowest, highest})


def _with_gap(piece: Sequence[float], start: int) -> list[int]:
    finite = [(value, index) for index, value in enumerate(piece) if math.isfinite(value)]
    gap = next(index for index, value in enumerate(piece) if not math.isfinite(value))
    ends = {min(finite)[1], max(finite)[1]} if finite else set()
    return sorted(start + index for index in {gap, *ends})


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
