"""Runs the HTTP application in the event loop that gRPC runs in. Signals and the loop are the process's own matter."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from central_server.web.patient_connection import PatientConnection
from shared.errors import InvalidField

GRACE_SECONDS = 2
MOST_CONNECTIONS = 4_000
"""Of more, the next is told 503; event streams have a limit of their own, which is lower."""


class WebServer:
    """The HTTP server, from binding its port to its end."""

    def __init__(self, app: FastAPI, *, tls: ssl.SSLContext | None = None) -> None:
        config = uvicorn.Config(
            app,
            http=PatientConnection,
            loop="none",
            limit_concurrency=MOST_CONNECTIONS,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ssl_context_factory=(lambda _config, _default: tls) if tls else None,
        )
        self._server = _ServerWithoutSignals(config)
        self._socket: socket.socket | None = None

    def bind(self, host: str, port: int) -> int:
        """Take the address and return its real port.

        Raises:
            InvalidField: it cannot be had.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        taken = socket.socket(family, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host.strip("[]"), port))
        except OSError as failure:
            taken.close()
            raise InvalidField(
                f"http_listen must be an address that is free, and {host}:{port} cannot be had ({failure.strerror}); "
                "port 0 is any free one",
                field="http_listen",
            ) from None
        self._socket = taken
        bound: int = taken.getsockname()[1]
        return bound

    async def run(self) -> None:
        """Serve until `stop`."""
        assert self._socket is not None, "bind comes before run"
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Take no more requests, and let `run` return soon."""
        self._server.should_exit = True


class _ServerWithoutSignals(uvicorn.Server):
    """Leaves SIGINT and SIGTERM to the process, which has more than this server to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
