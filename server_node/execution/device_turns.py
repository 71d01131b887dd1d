"""Sharing a device at chunk boundaries: each attempt computes for a time in proportion to its weight.

Every attempt has a clock of its own, which goes on by what its chunks took, divided by its weight. Between two chunks
one whose clock is ahead of another's waits for it, so a job of more weight hardly waits for one of less. Attempts of
equal weight do not wait for each other: side by side they fill the cores better than in turn.

Waiting ends after `LONGEST_WAIT_SECONDS` whatever happens, so no attempt can starve or hang another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LONGEST_WAIT_SECONDS = 2.0
_LOOKS_AT_THE_STOP_SECONDS = 0.02


@dataclass(slots=True, eq=False)
class _Sharer:
    """One attempt on a device, and how much of it it has had."""

    weight: int
    had_seconds: float


class Turn:
    """One attempt's way of asking for its device; used by the attempt's thread."""

    def __init__(self, device: _Device, sharer: _Sharer) -> None:
        self._device = device
        self._sharer = sharer

    def wait(self, should_stop: Callable[[], bool]) -> None:
        """Return when the next chunk may begin, or when it should stop."""
        self._device.wait(self._sharer, should_stop)

    def used(self, seconds: float) -> None:
        """Count what a chunk took."""
        self._device.used(self._sharer, seconds)


@dataclass(slots=True)
class _Device:
    """The attempts on one device."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    sharers: list[_Sharer] = field(default_factory=list)

    def join(self, weight: int) -> _Sharer:
        with self.changed:
            # A newcomer has had as much as whoever has had least, else it would hold up all others.
            had = min((sharer.had_seconds for sharer in self.sharers), default=0.0)
            sharer = _Sharer(max(1, weight), had)
            self.sharers.append(sharer)
            return sharer

    def leave(self, sharer: _Sharer) -> None:
        with self.changed:
            self.sharers.remove(sharer)
            self.changed.notify_all()

    def used(self, sharer: _Sharer, seconds: float) -> None:
        with self.changed:
            sharer.had_seconds += seconds / sharer.weight
            self.changed.notify_all()

    def wait(self, sharer: _Sharer, should_stop: Callable[[], bool]) -> None:
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        with self.changed:
            while self._is_ahead(sharer) and not should_stop() and time.monotonic() < until:
                self.changed.wait(_LOOKS_AT_THE_STOP_SECONDS)

    def _is_ahead(self, sharer: _Sharer) -> bool:
        heavier = (other.had_seconds for other in self.sharers if other.weight > sharer.weight)
        return any(had < sharer.had_seconds for had in heavier)


class DeviceTurns:
    """All devices of a node; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._devices: dict[str, _Device] = {}

    @contextmanager
    def share(self, device_id: str, weight: int) -> Iterator[Turn]:
        """Take part in the sharing of a device for the length of a `with`.

        Args:
            device_id: which device.
            weight: the attempt's share, beside those of the others.
        """
        with self._lock:
            device = self._devices.setdefault(device_id, _Device())
        sharer = device.join(weight)
        try:
            yield Turn(device, sharer)
        finally:
            device.leave(sharer)
