"""Functions in daemon threads of their own, seen from asyncio as futures.

The standard executors join their threads when the interpreter ends: one stuck thread would keep a process alive.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


def in_thread_of_its_own(function: Callable[[], _Result], *, name: str) -> asyncio.Future[_Result]:
    """Start `function` in a new thread; cancelling the future does not stop it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_Result] = loop.create_future()

    def settle(result: _Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # one of the two is always given

    def body() -> None:
        result, error = None, None
        try:
            result = function()
        except BaseException as failure:  # noqa: BLE001 - handed to whoever awaits the future
            error = failure
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=body, name=name, daemon=True).start()
    return future
