"""A thread of one's own for calls that block, one after the other; one that is stuck keeps no process alive."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


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

        def work() -> None:
            try:
                result = function(*arguments)
            except BaseException as failure:  # noqa: BLE001 - handed to whoever awaits
                error = failure
                settle = lambda: future.done() or future.set_exception(error)  # noqa: E731 - one of two
            else:
                settle = lambda: future.done() or future.set_result(result)  # noqa: E731 - the other
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle)

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
