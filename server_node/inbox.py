"""Where events wait for the control loop, first come, first served. It decides nothing."""

from __future__ import annotations

import asyncio
from collections import deque

from server_node.attempts.events import Event


class Inbox:
    """For the event loop's thread only.

    It has no bound of its own: what fills it is bounded already, attempts by slots, messages by the stream's flow
    control.
    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()

    def post(self, event: Event) -> None:
        """Hand an event to the core."""
        self._events.append(event)
        self._arrived.set()

    def take_all(self) -> list[Event]:
        """Return everything that waits."""
        self._arrived.clear()
        batch = list(self._events)
        self._events.clear()
        return batch

    async def wait(self, *, timeout: float) -> None:
        """Return when something waits, or after `timeout` seconds."""
        if self._events or timeout <= 0:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._arrived.wait()
        except TimeoutError:
            return
