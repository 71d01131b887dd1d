"""Keeps a loop from going round more often than is asked for. The first round begins at once."""

from __future__ import annotations

import asyncio


class Pace:
    """Belongs to one coroutine."""

    def __init__(self, gap_seconds: float) -> None:
        self._gap_seconds = gap_seconds
        self._next_start = float("-inf")

    async def wait(self) -> None:
        """Return when the next round may begin."""
        loop = asyncio.get_running_loop()
        if (left := self._next_start - loop.time()) > 0:
            await asyncio.sleep(left)
        self._next_start = loop.time() + self._gap_seconds
