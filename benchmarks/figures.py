"""How figures are counted and printed; every benchmark uses these and nothing else, so that they can be compared."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Sequence


def print_machine() -> None:
    """Say once what the figures below were measured on."""
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    print(f"machine: {cores} cores, Python {platform.python_version()}, load {load:.2f} at the start")


def print_figure(name: str, value: str, *, goal: str = "") -> None:
    """Print one figure, with the goal it is held against where there is one."""
    print(f"{name}: {value}" + (f"   (goal: {goal})" if goal else ""))
    sys.stdout.flush()


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def milliseconds(values: Sequence[float]) -> str:
    """Describe durations in seconds as milliseconds: median, 99th percentile, largest."""
    return (
        f"p50 {quantile(values, 0.5) * 1e3:.1f} ms, p99 {quantile(values, 0.99) * 1e3:.1f} ms, "
        f"max {max(values) * 1e3:.1f} ms over {len(values)}"
    )


def ratio_of_pairs(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Describe what was measured in alternation: the median of the ratios, pair by pair, and their range."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return f"{statistics.median(ratios):.3f} (from {min(ratios):.3f} to {max(ratios):.3f} over {len(ratios)} pairs)"
