"""Removes what nobody needs any more, in one thread and in the order asked, so that a big folder holds nobody up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)


class Tidying:
    """`soon` may be called from any thread; what fails is logged and changes nothing."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tidying")

    def soon(self, work: Callable[[], object]) -> None:
        """Do this after everything that was asked before."""
        self._thread.submit(_tried, work)

    async def settled(self) -> None:
        """Return when everything that was asked so far is done."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _nothing)

    def close(self) -> None:
        """Do what was asked, and end the thread."""
        self._thread.shutdown(wait=True)


def _tried(work: Callable[[], object]) -> None:
    try:
        work()
    except OSError as failure:
        log_event(_LOG, "tidying_failed", is_warning=True, why=failure)


def _nothing() -> None:
    return
