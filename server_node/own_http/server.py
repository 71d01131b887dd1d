"""Listens for HTTP on the node: binds, speaks TLS where the node has a certificate, ends connections in order."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from server_node.own_http.connection import Answering, HttpConnection, HttpTimes
from server_node.own_services.addresses import is_loopback, joined, parted
from server_node.own_services.own_side import check_who_reaches
from shared.errors import InvalidField

MOST_CONNECTIONS = 1000
"""More are closed at once."""
STOP_SECONDS = 1.0
HANDSHAKE_SECONDS = 10.0


class OwnHttpServer:
    """From binding its port to its end; made and used in the event loop.

    Args:
        answering: makes the answers.
        times: limits.
    """

    def __init__(self, answering: Answering, times: type[HttpTimes] = HttpTimes) -> None:
        self._answering = answering
        self._times = times
        self._connections: dict[HttpConnection, asyncio.Task[None] | None] = {}
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Serve there, and return the real port.

        Raises:
            InvalidField: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        seconds = HANDSHAKE_SECONDS if tls is not None else None
        try:
            self._server = await loop.create_server(
                self._protocol, host, port, ssl=tls, ssl_handshake_timeout=seconds, ssl_shutdown_timeout=seconds
            )
        except OSError as failure:
            raise InvalidField(
                f"http_listen must be an address that is free, and {joined(host, port)} cannot be had "
                f"({failure.strerror}); port 0 is any free one",
                field="http_listen",
            ) from None
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more requests, and give those under way a moment."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.end()
        tasks = [task for task in self._connections.values() if task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _protocol(self) -> _Watched:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self._connections) >= MOST_CONNECTIONS:
                writer.transport.abort()
                return
            connection = HttpConnection(reader, writer, self._answering, self._times)
            protocol.on_gone = connection.hung_up
            self._connections[connection] = asyncio.current_task()
            try:
                await connection.serve()
            finally:
                self._connections.pop(connection)

        protocol = _Watched(asyncio.StreamReader(), serve)
        return protocol


class _Watched(asyncio.StreamReaderProtocol):
    """Tells at once when the other side has gone; a reader alone would tell whoever reads."""

    on_gone: Callable[[], None] | None = None

    def eof_received(self) -> bool | None:
        if self.on_gone is not None:
            self.on_gone()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.on_gone is not None:
            self.on_gone()
            self.on_gone = None
        super().connection_lost(exc)


async def open_http_server(
    answering: Answering,
    listen: str,
    *,
    advertise_host: str = "",
    tls: ssl.SSLContext | None = None,
    insecure: bool = False,
) -> tuple[OwnHttpServer, str]:
    """Serve on `listen`, and return the URL by which callers find it; the rest is as with the gRPC server.

    Raises:
        InvalidField: the address cannot be had, or other machines would reach it without TLS.
    """
    host, port = parted(listen)
    check_who_reaches(listen, setting="http_listen", has_tls=tls is not None, insecure=insecure)
    shown = None if is_loopback(host) else tls
    server = OwnHttpServer(answering)
    bound = await server.start(host, port, shown)
    return server, f"{'http' if shown is None else 'https'}://{joined(advertise_host or host, bound)}"
