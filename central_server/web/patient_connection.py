"""One connection of HTTP that is given up when its request does not come: half-open and slow ones cost little.

How long an answer takes is not limited here: streams of events are meant to be long.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""From a connection's opening, or a request's first byte, until its head is whole."""
BODY_SECONDS = 60.0
"""From then until its body is whole."""


class PatientConnection(H11Protocol):
    """The library's connection, with deadlines for what the other side sends."""

    _deadline: asyncio.TimerHandle | None = None
    _awaited: object = None

    def connection_made(self, transport: Any) -> None:
        """Wait for a request."""
        super().connection_made(transport)
        self._await(h11.IDLE, HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Take what came; wait for what is missing."""
        if self.conn.their_state is h11.IDLE and self._awaited is None:
            self._await(h11.IDLE, HEAD_SECONDS)
        super().data_received(data)
        if self.conn.their_state is self._awaited:
            return  # each piece that comes must not begin the wait anew
        self._stop_waiting()
        if self.conn.their_state is h11.SEND_BODY:
            self._await(h11.SEND_BODY, BODY_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await(self, state: object, seconds: float) -> None:
        """Close the connection unless the other side has left `state` in time."""
        self._awaited = state
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        self._awaited = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self.transport.close()
