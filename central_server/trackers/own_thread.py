"""A thread of one's own for calls that block, one after the other; one that is stuck keeps no process alive."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[_Result]):
    """One result, or an error and none."""

    results: tuple[_Result, ...]
    error: BaseException | None = None


class OwnThread:
    """Started when it is made. `run` belongs to one event loop."""

    def __init__(self, name: str) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run_all, name=name, daemon=True)
        self._thread.start()

    async def run(self, function: Callable[..., _Result], *arguments: object) -> _Result:
        """Return what `function` returns; when this is cancelled the call goes on, and nobody is told of its end."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Result] = loop.create_future()

        def settle(outcome: _Outcome[_Result]) -> None:
            if future.done():
                return
            if outcome.error is not None:
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome.results[0])

        def work() -> None:
            try:
                outcome = _Outcome((function(*arguments),))
            except BaseException as failure:  # noqa: BLE001 - handed to whoever awaits
                outcome = _Outcome((), failure)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, outcome)

        self._work.put(work)
        return await future

    def close(self, last: Callable[[], None], *, patience_seconds: float) -> None:
        """Call `last` behind all that waits, end the thread, and wait for that as long as patience lasts."""
        self._work.put(last)
        self._work.put(None)
        self._thread.join(patience_seconds)

    def _run_all(self) -> None:
        while (work := self._work.get()) is not None:
            work()
