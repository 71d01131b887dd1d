"""An executable that is compiled on a thread of its own, beside other work, and waited for by whoever calls it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any


class LateExecutable:
    """Starts to be made at once; may be called and asked from any thread."""

    def __init__(self, make: Callable[[], Any]) -> None:
        """Begin.

        Args:
            make: traces and compiles. What it raises is raised again by every call.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix="compile")
        self._made = thread.submit(make)
        thread.shutdown(wait=False)  # it ends with its work, and a process waits for that before it ends

    def is_ready(self, *, within_seconds: float) -> bool:
        """Wait a while; say whether a call would begin without waiting, be it to fail."""
        try:
            self._made.exception(timeout=within_seconds)
        except FutureTimeoutError:
            return False
        return True

    def __call__(self, *arguments: Any) -> Any:
        """Call it, as soon as it is there."""
        return self.executable()(*arguments)

    def executable(self) -> Any:
        """Wait for it and give it."""
        return self._made.result()
