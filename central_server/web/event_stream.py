"""Server-sent events: how one is written, how many streams may be open, and that each is closed when its reader goes.

A reader that is slow is waited for; meanwhile nothing is queued for it, and what it gets next is the latest.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from fastapi.responses import StreamingResponse
from starlette.types import Send

from shared.errors import StoreUnavailable

MOST_STREAMS = 1000
QUIET_SECONDS = 15.0
"""After so long without news a comment is sent, so that nothing between us and the reader thinks the stream is dead."""
BEGINNING = b"retry: 2000\n\n"
COMMENT = b": still here\n\n"


def event_bytes(name: str, data: bytes, event_id: str) -> bytes:
    """Return one event; `data` is JSON, which holds no line break."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (name.encode(), event_id.encode(), data)


class OpenStreams:
    """Counts the streams that are open."""

    def __init__(self) -> None:
        self._open = 0

    def __len__(self) -> int:
        """Return how many are open."""
        return self._open

    def refuse_more(self) -> None:
        """Refuse another one.

        Raises:
            StoreUnavailable: there are too many.
        """
        if self._open >= MOST_STREAMS:
            raise StoreUnavailable(f"{MOST_STREAMS} event streams are open, which is the limit; try again later")

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count one until the block ends."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


class EventStream(StreamingResponse):
    """An answer that goes on until its events end or its reader goes."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        self._events = events
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers, media_type="text/event-stream")

    async def stream_response(self, send: Send) -> None:
        """Send the events, and let their generator clean up at once, whoever ends it."""
        async with aclosing(self._events):
            await super().stream_response(send)
