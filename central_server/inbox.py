"""What waits for the control loop: bounded, in order, taken a batch at a time. It decides nothing."""

from __future__ import annotations

import asyncio
from collections import deque

from central_server.scheduler.events import Event


class Inbox:
    """Events for the one consumer. When it is full, `put` waits, which stops the stream or the caller that puts."""

    def __init__(self, capacity: int) -> None:
        self._events: deque[Event] = deque()
        self._capacity = capacity
        self._filled = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._events)

    async def put(self, event: Event) -> None:
        """Add an event at the end, when there is room."""
        while len(self._events) >= self._capacity:
            self._has_room.clear()
            await self._has_room.wait()
        self._events.append(event)
        self._filled.set()

    def take_all(self) -> list[Event]:
        """Return all that waits, the oldest first, and make room."""
        taken = list(self._events)
        self._events.clear()
        self._filled.clear()
        self._has_room.set()
        return taken

    def wake(self) -> None:
        """End a `wait` that is going on, or the next one."""
        self._filled.set()

    async def wait(self, seconds: float | None) -> None:
        """Return when there is an event, when woken, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._filled.wait()
        except TimeoutError:
            return
