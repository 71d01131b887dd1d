"""One HTTP/1.1 connection: reads requests within limits of size and time, writes answers. It knows no routes.

While an answer is made, a caller that hangs up cancels the making. Closing only the sending half counts as that too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

import h11

from server_node.own_http.messages import HttpAnswer, HttpRefusal, HttpRequest, ReadBody
from server_node.own_http.problems import problem
from shared.errors import TooLarge

HEAD_BYTES = 16_384
_CHUNK_BYTES = 2**18
_LINGER_SECONDS = 1.0

Answering = Callable[[HttpRequest, ReadBody], Awaitable[HttpAnswer]]
"""Answers a request, whatever it is; it reads the body when it wants it, and raises nothing but cancellation."""


class HttpTimes:
    """How long the parts of an exchange may take, in seconds."""

    head = 10.0
    """Until a new connection has sent its first request's headers."""
    idle = 60.0
    """The same for the requests after it."""
    body = 60.0
    writing = 30.0


class HttpConnection:
    """From the first byte to the last.

    Args:
        answering: makes the answers.
        times: limits.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answering: Answering,
        times: type[HttpTimes] = HttpTimes,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answering = answering
        self._times = times
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        self._task: asyncio.Task[None] | None = None
        self._is_answering = False
        self._is_ending = False
        self._is_head = False

    async def serve(self) -> None:
        """Answer requests until either side ends it."""
        self._task = asyncio.current_task()
        seconds = self._times.head
        try:
            while await self._exchange(seconds) and not self._is_ending:
                self._parser.start_next_cycle()
                seconds = self._times.idle
        except asyncio.CancelledError:
            pass  # by `hung_up` or `end`, which both mean that this task has nothing left to do
        except (OSError, TimeoutError, h11.LocalProtocolError):
            pass  # the caller went away, or takes nothing: there is nobody to tell
        finally:
            self._writer.close()

    def hung_up(self) -> None:
        """Take note that the caller went away: nobody needs the answer."""
        if self._is_answering and self._task is not None:
            self._task.cancel()

    def end(self) -> None:
        """Take no more requests; the one under way is answered."""
        self._is_ending = True
        if not self._is_answering and self._task is not None:
            self._task.cancel()

    @property
    def _is_read_whole(self) -> bool:
        return self._parser.their_state in {h11.DONE, h11.MUST_CLOSE}

    async def _exchange(self, seconds: float) -> bool:
        """Answer one request; tell whether another may follow."""
        try:
            async with asyncio.timeout(seconds):
                head = await self._head()
        except h11.RemoteProtocolError as wrong:
            return await self._refuse(problem(wrong.error_status_hint, f"the request must be HTTP/1.1: {wrong}"))
        except TimeoutError:
            return False
        if head is None:
            return False
        self._is_answering, self._is_head = True, head.method == b"HEAD"
        answer = await self._answering(self._request(head), self._body)
        self._is_answering = False
        self._pass_over_body()
        await self._send(answer)
        if not self._is_read_whole:
            await self._linger()
        return self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE

    async def _head(self) -> h11.Request | None:
        while True:
            event = self._parser.next_event()
            if isinstance(event, h11.Request):
                return event
            if event is not h11.NEED_DATA:
                return None
            await self._more()

    async def _more(self) -> None:
        self._parser.receive_data(await self._reader.read(_CHUNK_BYTES))

    def _request(self, head: h11.Request) -> HttpRequest:
        headers: dict[str, str] = {}
        for name, value in head.headers:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        path, _, query = head.target.decode("latin-1").partition("?")
        peer = self._writer.get_extra_info("peername")
        caller = str(peer[0]) if isinstance(peer, tuple) else ""
        method, said = head.method.decode("latin-1"), dict(parse_qsl(query, keep_blank_values=True))
        return HttpRequest(method, unquote(path), said, headers, caller)

    async def _body(self, most_bytes: int) -> bytes:
        """Return the body.

        Raises:
            TooLarge: it is, or says that it will be.
            HttpRefusal: it does not come in time, or not in a form of HTTP.
            ConnectionError: the caller went away.
        """
        try:
            async with asyncio.timeout(self._times.body):
                return await self._whole_body(most_bytes)
        except TimeoutError:
            raise HttpRefusal(408, f"the body must come within {self._times.body:g} seconds") from None
        except h11.RemoteProtocolError as wrong:
            raise HttpRefusal(wrong.error_status_hint, f"the body must be as its headers say: {wrong}") from None

    def _pass_over_body(self) -> None:
        """Take from the parser what of an unwanted body is here already; with all of it another request may follow."""
        with suppress(h11.RemoteProtocolError):
            while self._parser.their_state is h11.SEND_BODY and self._parser.next_event() is not h11.NEED_DATA:
                pass

    async def _whole_body(self, most_bytes: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        if self._parser.they_are_waiting_for_100_continue:
            await self._write(h11.InformationalResponse(status_code=100, headers=[]))
        while True:
            event = self._parser.next_event()
            if isinstance(event, h11.EndOfMessage):
                return parts[0] if len(parts) == 1 else b"".join(parts)
            if event is h11.NEED_DATA:
                await self._more()
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if size > most_bytes:
                    raise TooLarge(f"the body may have at most {most_bytes:,} bytes, and has more; send fewer rows")
                parts.append(bytes(event.data))

    async def _refuse(self, answer: HttpAnswer) -> bool:
        with suppress(h11.LocalProtocolError):  # it cannot be answered any more
            await self._send(answer)
            await self._linger()
        return False

    async def _send(self, answer: HttpAnswer) -> None:
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *answer.headers.items(),
        ]
        if self._is_ending or not self._is_read_whole:
            headers.append(("Connection", "close"))
        reason = HTTPStatus(answer.status).phrase
        response = h11.Response(status_code=answer.status, headers=headers, reason=reason.encode())
        head = self._parser.send(response) or b""
        body = b"" if self._is_head else self._parser.send(h11.Data(data=answer.body)) or b""
        self._writer.write(head + body + (self._parser.send(h11.EndOfMessage()) or b""))
        async with asyncio.timeout(self._times.writing):
            await self._writer.drain()

    async def _write(self, event: h11.InformationalResponse) -> None:
        self._writer.write(self._parser.send(event) or b"")
        await self._writer.drain()

    async def _linger(self) -> None:
        """Read for a moment what the caller still sends: closing at once would take the answer from it."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while await self._reader.read(_CHUNK_BYTES):
                    pass
