"""Several jobs at once as rows of a table: who goes first, and what a row shows. Pure; every number is the server's."""

from __future__ import annotations

from collections.abc import Iterable

from cyxwiz.cli.words import metrics_in_words, seconds_in_words, seconds_left, why_no_steps
from cyxwiz.records import JobInfo
from shared.lifecycle import JobState

BOARD_HEADER = ("JOB", "NAME", "STATE", "PROGRESS", "EPOCH", "STEP", "RATE", "LEFT", "SCORES")

_BAR_CELLS = 12
_ORDER = (JobState.RUNNING, JobState.STOPPING, JobState.QUEUED, JobState.PAUSED)


def in_board_order(infos: Iterable[JobInfo]) -> list[JobInfo]:
    """Return the jobs as a board lists them: what runs, then what waits, the one submitted first on top."""
    return sorted(infos, key=lambda info: (_rank(info.state), info.submitted_at_ms or 0, info.job_id))


def board_row(info: JobInfo) -> tuple[str, ...]:
    """Return where one job stands, a cell for each column of the header."""
    left = None if info.has_ended else seconds_left(info)
    rate = info.metrics.get("samples_per_second")
    return (
        info.job_id,
        info.name or "-",
        str(info.state),
        bar_in_words(info.progress),
        f"{info.epoch}/{info.epochs}" if info.epochs else "-",
        f"{info.step}/{info.steps_total}" if info.steps_total else "-",
        f"{rate:,.0f}/s" if rate is not None and not info.has_ended else "-",
        seconds_in_words(left) if left is not None else "-",
        why_no_steps(info) or metrics_in_words(info.metrics) or "-",
    )


def bar_in_words(progress: float) -> str:
    """Return a bar in characters with its percentage."""
    done = round(max(0.0, min(1.0, progress)) * _BAR_CELLS)
    return f"{'━' * done}{'─' * (_BAR_CELLS - done)} {progress:>4.0%}"


def _rank(state: JobState) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)
