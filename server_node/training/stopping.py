"""How a long preparation is stopped: it asks between its parts, and ends with `TrainingStopped`."""

from __future__ import annotations

from collections.abc import Callable

ShouldStop = Callable[[], bool]
"""Says whether to stop; asked between parts, cheap, and never raises."""


class TrainingStopped(Exception):
    """`prepare` was asked to stop and did; nothing of it remains but what caches keep."""


def never_stop() -> bool:
    """Be the `ShouldStop` of someone who will not stop."""
    return False


def stop_here(should_stop: ShouldStop) -> None:
    """Raise `TrainingStopped` when asked to stop."""
    if should_stop():
        raise TrainingStopped("training was asked to stop while it was being prepared")
