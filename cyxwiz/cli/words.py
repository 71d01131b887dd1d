"""Numbers and times as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping

from cyxwiz.records import JobInfo
from shared.lifecycle import AttemptState

SHOWN_METRICS = ("loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy")
"""The metrics that a line about a job shows, in this order."""

_PACE_KNOWN_AFTER_MS = 500
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def bytes_in_words(size_bytes: int) -> str:
    """Return a size such as `1.5 GiB`."""
    size = float(size_bytes)
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError


def seconds_in_words(seconds: float) -> str:
    """Return a duration such as `3.2 s`, `2 min 5 s` or `1 h 4 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def moment_in_words(at_ms: int | None, *, now_ms: int) -> str:
    """Return how long ago something was, or `-` when it has not been."""
    return "-" if at_ms is None else f"{seconds_in_words(max(0, now_ms - at_ms) / 1000)} ago"


def metrics_in_words(metrics: Mapping[str, float]) -> str:
    """Return the losses and accuracies there are, in a fixed order."""
    return "  ".join(f"{name} {metrics[name]:.4f}" for name in SHOWN_METRICS if name in metrics)


def kept_epoch(info: JobInfo) -> int | None:
    """Return the best epoch where the job's weights and values are of it and not of the end, else None."""
    epoch = info.metrics.get("kept_epoch")
    return None if epoch is None else round(epoch)


def scores_in_words(info: JobInfo) -> str:
    """Return the losses and accuracies there are, and of which epoch where it is not the last one."""
    scores, epoch = metrics_in_words(info.metrics), kept_epoch(info)
    return scores if epoch is None or not scores else f"{scores}  (of epoch {epoch}, the best)"


def seconds_left(info: JobInfo) -> float | None:
    """Return how long the job will still train at the pace it had, None while there is no pace."""
    elapsed_ms = info.metrics.get("elapsed_ms", 0.0)
    if not (0 < info.progress < 1 and elapsed_ms >= _PACE_KNOWN_AFTER_MS):
        return None
    return elapsed_ms / 1000 * (1 - info.progress) / info.progress


def why_no_steps(info: JobInfo) -> str:
    """Return why a job that should train does not train yet, empty when it does or has nothing to wait for."""
    if info.waiting_reason:
        return info.waiting_reason
    if not info.attempts or info.has_ended:
        return ""
    attempt = info.attempts[-1]
    is_starting = attempt.state in {AttemptState.OFFERED, AttemptState.STARTING}
    return "loading data and compiling" if is_starting and info.step <= attempt.resumed_from_step else ""


def standing_in_words(info: JobInfo) -> str:
    """Return one line of where a job stands."""
    parts = [str(info.state)]
    if why_no_steps(info):
        parts.append(f"({why_no_steps(info)})")
    if info.step:
        parts.append(f"epoch {info.epoch}/{info.epochs}  step {info.step}/{info.steps_total}")
        parts.append(scores_in_words(info))
    if "samples_per_second" in info.metrics and not info.has_ended:
        parts.append(f"{info.metrics['samples_per_second']:,.0f} samples/s")
    left = seconds_left(info)
    if left is not None and not info.has_ended:
        parts.append(f"{seconds_in_words(left)} left")
    return "  ".join(part for part in parts if part)
