"""The one way from the attempts' threads to the event loop: many put, one wake-up, the loop drains.

Of live progress only the newest of each attempt is kept. Everything else keeps its order and is never dropped: when
`bound` items wait, `put` holds the thread back until the loop has drained or the mailbox is closed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from server_node.attempts.events import AttemptMoved
from server_node.telemetry_records import AttemptRecord, LiveProgress
from shared.identifiers import AttemptKey

Progress = AttemptMoved | AttemptRecord


class ProgressMailbox:
    """Thread-safe. `wake` is called by the putting thread, at most once between two drains; it must not block."""

    def __init__(self, wake: Callable[[], None], *, bound: int = 10_000) -> None:
        self._wake = wake
        self._bound = bound
        self._changed = threading.Condition()
        self._items: list[Progress] = []
        self._live: dict[AttemptKey, LiveProgress] = {}
        self._is_awake = False
        self._is_closed = False

    def put(self, item: Progress) -> None:
        """Leave an item for the loop; from any thread but the loop's own."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._bound or self._is_closed)
            if self._is_closed:
                return
            if isinstance(item, LiveProgress):
                self._live[item.key] = item
            else:
                self._items.append(item)
            must_wake, self._is_awake = not self._is_awake, True
        if must_wake:
            self._wake()

    def drain(self) -> list[Progress]:
        """Take everything that waits, live progress last; from the loop's thread."""
        with self._changed:
            items: list[Progress] = [*self._items, *self._live.values()]
            self._items.clear()
            self._live.clear()
            self._is_awake = False
            self._changed.notify_all()
        return items

    def close(self) -> None:
        """Let every waiting thread go on; what is put from now on is dropped."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
