"""One HTTPS connection to an address that was checked: the name is only what the certificate has to be for.

Every request has a deadline that holds for all of it, so a server that gives a byte now and then holds nobody up.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any

CONNECT_SECONDS = 10.0


class _SocketWithDeadline(ssl.SSLSocket):
    """A socket whose reads end at one moment, however many there are."""

    deadline = float("inf")

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_left(self.deadline))
        return super().recv_into(*args, **kwargs)


class PinnedConnection(http.client.HTTPSConnection):
    """Dials the first of the addresses that answers, and speaks TLS with the host that was asked for."""

    def __init__(self, host: str, port: int, addresses: Sequence[str], context: ssl.SSLContext) -> None:
        """Take what to dial; nothing is sent before the first request."""
        super().__init__(host, port, context=context)
        self._addresses = addresses
        self._tls = context
        self._deadline = float("inf")

    def set_deadline(self, deadline: float) -> None:
        """Let everything from now on end at that moment of the monotonic clock."""
        self._deadline = deadline
        if isinstance(self.sock, _SocketWithDeadline):
            self.sock.deadline = deadline
            self.sock.settimeout(_left(deadline))

    def connect(self) -> None:
        """Open the socket here, so that no name is resolved a second time."""
        plain = self._dialled()
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.set_deadline(self._deadline)

    def _dialled(self) -> socket.socket:
        failure: OSError = TimeoutError("nothing was dialled")
        for address in self._addresses:
            seconds = min(CONNECT_SECONDS, _left(self._deadline) or CONNECT_SECONDS)
            try:
                return socket.create_connection((address, self.port), timeout=seconds)
            except OSError as error:
                failure = error
        raise failure


def tls_context() -> ssl.SSLContext:
    """Believe the authorities of the system, or those that `SSL_CERT_FILE` names."""
    return with_deadlines(ssl.create_default_context())


def with_deadlines(context: ssl.SSLContext) -> ssl.SSLContext:
    """Let the sockets of a context keep deadlines."""
    context.sslsocket_class = _SocketWithDeadline
    context.set_alpn_protocols(["http/1.1"])
    return context


def _left(deadline: float) -> float | None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for one request is over")
    return None if left == float("inf") else left
