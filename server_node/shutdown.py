"""How a node's process ends: quietly when asked to, at once when only a new process can help."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable

from server_node.attempts.node_state import NodeState
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)
SUPERVISOR_EXIT_CODE = 70
"""Says that this process cannot go on and a new one can."""
TIDYING_SECONDS = 3.0
"""How long streams and tasks may take to close once everything is said."""
LAST_WORDS_SECONDS = 3.0
"""How long a stopping node waits until its ends are acknowledged; what was not said is in the journal."""


async def wait_until_quiet(state: NodeState, changed: asyncio.Event, *, total_seconds: float) -> None:
    """Return when no attempt runs and every end was acknowledged, or when waiting longer is no use.

    Args:
        state: asked again after every change.
        changed: set after each batch of the control loop.
        total_seconds: after this the process ends, whatever still runs.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(total_seconds):
            await _until(lambda: not state.has_running_attempts, changed)
    if state.has_running_attempts:
        log_event(
            _LOG,
            "shutdown_overdue",
            is_warning=True,
            seconds=total_seconds,
            note="the attempts that still run resume from their checkpoints",
        )
        end_process(0)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_SECONDS if state.is_welcome else 0):
            await _until(lambda: not state.has_unsaid_ends, changed)


def end_process_after(total_seconds: float) -> None:
    """Make sure that a stop which is stuck anywhere ends; what was not saved by then resumes from its checkpoint."""
    asyncio.get_running_loop().call_later(total_seconds + LAST_WORDS_SECONDS + TIDYING_SECONDS, _end_overdue)


def _end_overdue() -> None:
    log_event(_LOG, "shutdown_stuck", is_warning=True, note="the process ends without tidying up")
    end_process(0)


async def _until(holds: Callable[[], bool], changed: asyncio.Event) -> None:
    changed.set()
    while True:
        await changed.wait()
        changed.clear()
        await asyncio.sleep(0)
        if holds():
            return


def end_process_for_supervisor(reason: str) -> None:
    """End the process with a failure, so that its supervisor starts another."""
    log_event(_LOG, "node_exits", is_error=True, why=reason)
    end_process(SUPERVISOR_EXIT_CODE)


def end_process(code: int) -> None:
    """End without waiting for threads that cannot be stopped; everything that matters is on disk already."""
    logging.shutdown()
    os._exit(code)
