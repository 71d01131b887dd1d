"""How a job looks in a notebook: one piece of HTML with its state, where it stands and its curves as SVG.

No script and nothing fetched: it looks the same in a saved notebook. Everything that comes from a job is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite

from cyxwiz.metrics import Metrics
from cyxwiz.records import JobInfo

WIDTH, HEIGHT, MARGIN = 320, 120, 6
MOST_POINTS = 400
_CURVES = (("loss", "val_loss"), ("accuracy", "val_accuracy"))
"""What is drawn in one picture: of the training, and of the validation beside it."""
_COLOURS = ("#2f6fde", "#d9822b")


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a picture."""

    name: str
    steps: Sequence[int]
    values: Sequence[float]


def job_card(info: JobInfo, rows: Metrics) -> str:
    """Return the HTML of a job as it stands, with the curves of its history."""
    pictures = "".join(_picture(curves) for names in _CURVES if (curves := _curves(rows, names)))
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in _facts(info))
    return (
        '<div style="display:flex;gap:1em;align-items:flex-start;flex-wrap:wrap">'
        f'<table style="text-align:left">{cells}</table>{pictures}</div>'
    )


def _facts(info: JobInfo) -> list[tuple[str, str]]:
    why = info.error.message if info.error else info.waiting_reason or info.reason
    facts = [
        ("job", info.job_id),
        ("name", info.name),
        ("state", f"{info.state}: {why}" if why else str(info.state)),
        ("progress", f"{info.progress:.0%}, step {info.step} of {info.steps_total}" if info.steps_total else ""),
        ("node", info.node_id),
        *((name, f"{value:.4g}") for name, value in sorted(info.metrics.items()) if name in _shown_metrics()),
    ]
    return [(name, value) for name, value in facts if value]


def _shown_metrics() -> frozenset[str]:
    return frozenset(name for names in _CURVES for name in names) | {"samples_per_second"}


def _curves(rows: Metrics, names: Sequence[str]) -> list[Curve]:
    curves = []
    for name in names:
        points = [(row.step, row.values[name]) for row in rows if isfinite(row.values.get(name, float("nan")))]
        if points:
            points = _thinned(points)
            curves.append(Curve(name, [step for step, _ in points], [value for _, value in points]))
    return curves


def _thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return at most about so many points as a picture can show, the last one among them."""
    stride = max(1, len(points) // MOST_POINTS)
    return points if stride == 1 else [*points[:-1:stride], points[-1]]


def _picture(curves: Sequence[Curve]) -> str:
    steps = [step for curve in curves for step in curve.steps]
    values = [value for curve in curves for value in curve.values]
    lines = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{_points(curve, steps, values)}"/>'
        for curve, colour in zip(curves, _COLOURS, strict=False)
    )
    names = " ".join(
        f'<span style="color:{colour}">{escape(curve.name)} {curve.values[-1]:.4g}</span>'
        for curve, colour in zip(curves, _COLOURS, strict=False)
    )
    said = escape(", ".join(f"{curve.name} ends at {curve.values[-1]:.4g}" for curve in curves), quote=True)
    return (
        f'<figure style="margin:0"><svg role="img" aria-label="{said}" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" style="border:1px solid #8884">{lines}</svg>'
        f"<figcaption>{names}</figcaption></figure>"
    )


def _points(curve: Curve, steps: Sequence[int], values: Sequence[float]) -> str:
    first, last, lowest, highest = min(steps), max(steps), min(values), max(values)
    return " ".join(
        f"{_place(step, first, last, WIDTH):.1f},{HEIGHT - _place(value, lowest, highest, HEIGHT):.1f}"
        for step, value in zip(curve.steps, curve.values, strict=True)
    )


def _place(at: float, lowest: float, highest: float, length: int) -> float:
    share = 0.5 if highest == lowest else (at - lowest) / (highest - lowest)
    return MARGIN + share * (length - 2 * MARGIN)
