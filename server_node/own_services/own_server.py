"""The node's own gRPC server: which services it has, where it listens, with TLS where the node has a certificate.

It runs in the node's one event loop. A service is a `ServiceTable`; adding one is a line in `node.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import grpc
import grpc.aio

from server_node.own_services.addresses import joined
from server_node.own_services.service_table import ServiceTable
from shared.errors import InvalidField

MESSAGE_BYTES = 64 * 1024 * 1024
STOP_SECONDS = 1.0
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", -1),
    # Two nodes on one port would share its connections without a word.
    ("grpc.so_reuseport", 0),
    ("grpc.max_metadata_size", 16_384),
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 1_000),
    ("grpc.http2.max_ping_strikes", 0),
    # Beyond 1,000 waiting calls the library drops some as CANCELLED; ours are refused by a queue that says so.
    ("grpc.server.max_pending_requests", 10_000),
    ("grpc.server.max_pending_requests_hard_limit", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 15_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)


class OwnServer:
    """From binding its port to its end; made and used in the event loop.

    Args:
        services: what it serves.
    """

    def __init__(self, services: Sequence[ServiceTable]) -> None:
        self._server = grpc.aio.server(options=OPTIONS)
        for service in services:
            service.add_to(self._server)

    def bind(self, host: str, port: int, credentials: grpc.ServerCredentials | None = None) -> int:
        """Take an address and return its real port.

        Raises:
            InvalidField: it cannot be had.
        """
        address = joined(host, port)
        try:
            if credentials is None:
                bound = self._server.add_insecure_port(address)
            else:
                bound = self._server.add_secure_port(address, credentials)
        except RuntimeError:
            bound = 0
        if not bound:
            raise InvalidField(
                f"listen must be an address that is free, and {address} cannot be had; port 0 is any free one",
                field="listen",
            )
        return bound

    async def start(self) -> None:
        """Serve."""
        await self._server.start()

    async def stop(self) -> None:
        """Take no more requests, and give those under way a moment."""
        await self._server.stop(STOP_SECONDS)
