"""A cache in which equal requests made at once make the value once, bounded by the bytes of what it keeps.

Callers may be on any threads. Only single dictionary operations change it, each of them atomic, so there is no lock to
hold while a value is made. A caller who waits for another's making still obeys its own stop.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from itertools import count
from typing import Generic, TypeVar

from server_node.training.stopping import ShouldStop, stop_here

Value = TypeVar("Value")
WAIT_SECONDS = 0.05


class SingleFlightCache(Generic[Value]):
    """Values by key. When it holds more than `limit_bytes`, what was used longest ago goes first."""

    def __init__(self, limit_bytes: int, size_bytes: Callable[[Value], int]) -> None:
        """Start empty.

        Args:
            limit_bytes: what all values together may take; a single larger one is still given, and goes next.
            size_bytes: says what one value takes.
        """
        self._limit_bytes = limit_bytes
        self._size_bytes = size_bytes
        self._entries: dict[str, Future[Value]] = {}
        self._last_used: dict[str, int] = {}
        self._uses = count()

    def get(self, key: str, make: Callable[[], Value], should_stop: ShouldStop) -> Value:
        """Give the value of `key`, making it or waiting for whoever makes it.

        A failed making is not kept: each waiting caller then tries for itself and gets its own error.

        Raises:
            TrainingStopped: when `should_stop` says so while waiting.
        """
        while True:
            self._last_used[key] = next(self._uses)
            mine: Future[Value] = Future()
            present = self._entries.setdefault(key, mine)
            if present is mine:
                return self._make(key, mine, make)
            _wait(present, should_stop)
            if present.exception() is None:
                return present.result()

    def __contains__(self, key: str) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.done()

    def __len__(self) -> int:
        return len(self._entries)

    def _make(self, key: str, mine: Future[Value], make: Callable[[], Value]) -> Value:
        try:
            value = make()
        except BaseException as error:
            self._entries.pop(key, None)
            mine.set_exception(error)
            raise
        mine.set_result(value)
        self._shrink(keep=key)
        return value

    def _shrink(self, keep: str) -> None:
        finished = {key: entry.result() for key, entry in list(self._entries.items()) if _is_good(entry)}
        total = sum(self._size_bytes(value) for value in finished.values())
        for key in sorted(finished, key=lambda key: self._last_used.get(key, 0)):
            if total <= self._limit_bytes:
                return
            if key != keep:
                total -= self._size_bytes(finished[key])
                self._entries.pop(key, None)
                self._last_used.pop(key, None)


def _is_good(entry: Future[Value]) -> bool:
    return entry.done() and entry.exception() is None


def _wait(entry: Future[Value], should_stop: ShouldStop) -> None:
    while True:
        try:
            entry.exception(timeout=WAIT_SECONDS)
        except FutureTimeoutError:
            stop_here(should_stop)
        else:
            return
