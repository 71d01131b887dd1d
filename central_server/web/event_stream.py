"""Server-sent events: how one is written, how many streams may be open, and that each is closed when its reader goes.

A reader that is slow is waited for; meanwhile nothing is queued for it, and what it gets next is the latest.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from central_server.identity.staying import StillCounts, while_let_in
from central_server.web.json_answer import json_bytes
from shared.errors import NotAuthenticated, NotPermitted, StoreUnavailable

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request that the door let in."""
        self._still_counts: StillCounts = scope["state"]["still_counts"]
        await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        """Send the events, and let their generator clean up at once, whoever ends it."""
        async with aclosing(self._events):
            try:
                async with while_let_in(self._still_counts):
                    await super().stream_response(send)
            except (NotAuthenticated, NotPermitted) as refusal:
                last = event_bytes("signed_out", json_bytes({"message": str(refusal)}), "")
                await send({"type": "http.response.body", "body": last, "more_body": False})
