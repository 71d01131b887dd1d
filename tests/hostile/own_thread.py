"""Keeps what is served open in a thread and a loop of its own, so that plain tests can call it again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import uvloop

PATIENCE_SECONDS = 40.0

_Served = TypeVar("_Served")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class OwnThread(Generic[_Served]):
    """What is open, and the loop it lives in."""

    served: _Served
    loop: asyncio.AbstractEventLoop
    over: asyncio.Event

    def run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Return what `work` gives in that loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_SECONDS)


@contextmanager
def in_a_thread(opening: AbstractAsyncContextManager[_Served]) -> Iterator[OwnThread[_Served]]:
    """Open it in a thread until the block ends; what goes wrong there is raised here."""
    opened: Future[OwnThread[_Served]] = Future()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_run, opening, opened)
        thread = opened.result(PATIENCE_SECONDS)
        try:
            yield thread
        finally:
            thread.loop.call_soon_threadsafe(thread.over.set)
            running.result(PATIENCE_SECONDS)


def _run(opening: AbstractAsyncContextManager[_Served], opened: Future[OwnThread[_Served]]) -> None:
    async def keep_open() -> None:
        async with opening as served:
            thread = OwnThread(served, asyncio.get_running_loop(), asyncio.Event())
            opened.set_result(thread)
            await thread.over.wait()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(keep_open())
    except BaseException as error:
        if opened.done():
            raise
        opened.set_exception(error)
