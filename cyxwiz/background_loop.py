"""One event loop in a thread of its own, for programs that have none: every sync client of a process shares it.

gRPC wants one event loop in a process, so the loop is made with the first client and ends with the last.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from cyxwiz.errors import CLIENT_IS_CLOSED, WrongState

_Result = TypeVar("_Result")


class BackgroundLoop:
    """A running event loop; any thread but its own may call `run`."""

    def __init__(self) -> None:
        """Start the thread."""
        self._is_stopped = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cyxwiz-client", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether `run` can still be called."""
        return not self._is_stopped

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Return what `work` returns; an interrupt of the calling thread cancels it.

        Raises:
            WrongState: the last client was closed.
        """
        if not self.is_running:
            work.close()  # else Python would complain that nobody has awaited it
            raise WrongState(CLIENT_IS_CLOSED)
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """End the thread; what still runs in the loop is not waited for."""
        self._is_stopped = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


class SharedLoop:
    """Gives the same background loop to everybody who asks, and stops it when the last has given it back."""

    def __init__(self) -> None:
        """Start no thread before somebody asks."""
        self._lock = threading.Lock()
        self._loop: BackgroundLoop | None = None
        self._users = 0

    def acquire(self) -> BackgroundLoop:
        """Return the loop; every acquire needs its `release`."""
        with self._lock:
            if self._loop is None:
                self._loop = BackgroundLoop()
            self._users += 1
            return self._loop

    def release(self) -> None:
        """Give the loop back."""
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._loop is not None:
                self._loop.stop()
                self._loop = None


shared_loop = SharedLoop()
"""The process's own."""
