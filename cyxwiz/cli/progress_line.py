"""The line under the progress bar: as much of where a job stands as one line of the terminal holds."""

from __future__ import annotations

from cyxwiz.cli.words import SHOWN_METRICS, metrics_in_words, seconds_in_words, seconds_left, why_no_steps
from cyxwiz.records import JobInfo

_GIVEN_UP_FIRST = ("test_loss", "val_loss", "val_accuracy", "rate", "test_accuracy", "accuracy", "left", "loss")
"""What a narrow terminal loses, in this order; the place in the training stays."""


def progress_line(info: JobInfo, *, width: int) -> str:
    """Return one line of at most `width` characters, or whole the sentence that says why nothing moves."""
    if why_no_steps(info):
        return why_no_steps(info)
    parts = _parts(info)
    for name in _GIVEN_UP_FIRST:
        if len(_joined(parts)) <= width:
            break
        parts.pop(name, None)
    return _joined(parts)[:width]


def _parts(info: JobInfo) -> dict[str, str]:
    left = None if info.has_ended else seconds_left(info)
    rate = info.metrics.get("samples_per_second")
    parts = {
        "place": f"epoch {info.epoch}/{info.epochs} step {info.step}/{info.steps_total}" if info.step else "",
        **{name: metrics_in_words({name: info.metrics[name]}) for name in SHOWN_METRICS if name in info.metrics},
        "rate": f"{rate:,.0f}/s" if rate is not None else "",
        "left": f"{seconds_in_words(left)} left" if left is not None else "",
    }
    return {name: text for name, text in parts.items() if text}


def _joined(parts: dict[str, str]) -> str:
    return "  ".join(parts.values())
