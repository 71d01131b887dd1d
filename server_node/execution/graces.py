"""How long a thread may take to stop before its device counts as wedged, and the wait that watches it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_LOOK_AGAIN_SECONDS = 1.0


_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Graces:
    """Seconds from the request to stop.

    Attributes:
        training_seconds: between chunks, saving included.
        compiling_seconds: while loading and compiling, which nothing can interrupt.
    """

    training_seconds: float = 60.0
    compiling_seconds: float = 900.0


async def wait_until_ended(
    thread: asyncio.Future[_Result],
    graces: Graces,
    *,
    is_training: Callable[[], bool],
    on_wedged: Callable[[float], None],
) -> None:
    """Return when the thread has really ended, however often this wait is cancelled meanwhile.

    Only for use while a cancellation is already being delivered: the caller raises that one afterwards.
    """
    started = time.monotonic()
    is_wedged = False
    while not thread.done():
        waited = time.monotonic() - started
        grace = graces.training_seconds if is_training() else graces.compiling_seconds
        if waited >= grace and not is_wedged:
            is_wedged = True
            on_wedged(waited)
        timeout = _LOOK_AGAIN_SECONDS if is_wedged else min(_LOOK_AGAIN_SECONDS, grace - waited)
        try:
            await asyncio.wait({thread}, timeout=timeout)
        except asyncio.CancelledError:
            continue  # already stopping
