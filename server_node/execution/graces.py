"""How long a thread may take to stop before its device counts as wedged, and the wait that watches it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, assert_never

from server_node.execution.phase import Phase, PhaseMark

_LOOK_AGAIN_SECONDS = 1.0


_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Graces:
    """Seconds in one phase, from the request to stop.

    Writing has none: a slow disk is no stuck device, and a new process would lose the very checkpoint that is waited
    for.

    Attributes:
        training_seconds: for the device, between chunks.
        compiling_seconds: while loading and compiling, which nothing can interrupt.
    """

    training_seconds: float = 60.0
    compiling_seconds: float = 900.0

    def of(self, phase: Phase) -> float:
        """Return how long a phase may last."""
        match phase:
            case Phase.PREPARING:
                return self.compiling_seconds
            case Phase.COMPUTING:
                return self.training_seconds
            case Phase.WRITING:
                return math.inf
            case _:
                assert_never(phase)


async def wait_until_ended(
    thread: asyncio.Future[_Result],
    graces: Graces,
    *,
    mark: Callable[[], PhaseMark],
    on_wedged: Callable[[float], None],
) -> None:
    """Return when the thread has really ended, however often this wait is cancelled meanwhile.

    Only for use while a cancellation is already being delivered: the caller raises that one afterwards.

    Args:
        thread: what is waited for.
        graces: how long it may take.
        mark: tells what the thread is at.
        on_wedged: called at most once, with how long the device has not answered.
    """
    started = time.monotonic()
    is_wedged = False
    while not thread.done():
        now = mark()
        waited = time.monotonic() - max(started, now.since_seconds)
        left = graces.of(now.phase) - waited
        if left <= 0 and not is_wedged:
            is_wedged = True
            on_wedged(waited)
        timeout = _LOOK_AGAIN_SECONDS if is_wedged else min(_LOOK_AGAIN_SECONDS, left)
        try:
            await asyncio.wait({thread}, timeout=timeout)
        except asyncio.CancelledError:
            continue  # already stopping
