"""Shows a job while it trains: a card that changes in place in a notebook, lines anywhere else."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from cyxwiz.job_card import job_card
from cyxwiz.metrics import Metrics
from cyxwiz.records import JobInfo
from shared.clock import Clock
from shared.visible_text import visible

SHOWN_EVERY_SECONDS = 1.0
_LINE_METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")


async def show_updates(
    updates: AsyncIterator[JobInfo], history: Callable[[], Awaitable[Metrics]], clock: Clock
) -> JobInfo | None:
    """Show each update, at most one a second and the last one for certain; return the last.

    Args:
        updates: the job after each change, to its end.
        history: reads the job's rows so far.
        clock: tells when a second has passed.
    """
    show = _card_shower() if _is_notebook() else None
    info, shown_seconds = None, float("-inf")
    async for info in updates:
        now = clock.monotonic_seconds()
        if info.has_ended or now - shown_seconds >= SHOWN_EVERY_SECONDS:
            shown_seconds = now
            if show is None:
                _print_line(info)
            else:
                show(job_card(info, await history()))
    return info


def _is_notebook() -> bool:
    """Whether this runs in an IPython that can show HTML; who has no IPython loaded is in none."""
    if "IPython" not in sys.modules:
        return False
    shell = importlib.import_module("IPython").get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def _card_shower() -> Callable[[str], None]:
    display: Any = importlib.import_module("IPython.display")
    handle = display.display(display.HTML(""), display_id=True)
    return lambda html: handle.update(display.HTML(html))


def _print_line(info: JobInfo) -> None:
    metrics = " ".join(f"{name} {info.metrics[name]:.4g}" for name in _LINE_METRICS if name in info.metrics)
    place = f"step {info.step} of {info.steps_total}" if info.steps_total else info.waiting_reason
    line = visible(" ".join(part for part in (str(info.state), place, metrics) if part))
    print(line, flush=True)  # noqa: T201 - was asked for
