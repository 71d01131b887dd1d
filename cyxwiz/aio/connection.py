"""The way to the central server, or to several: calls with deadlines, tried again while the server is away.

Every unary rpc of the public services may be sent twice: submission carries its own key, the others say what
should be, not what should change. So anything that ended UNAVAILABLE is sent again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar, cast

import grpc

from cyxwiz.aio.rpc_errors import error_from_rpc
from cyxwiz.aio.several_servers import SeveralServers
from cyxwiz.aio.trace_metadata import trace_metadata
from cyxwiz.errors import CLIENT_IS_CLOSED, ServerNotTrusted, ServerUnreachable, WrongState
from cyxwiz.server_address import is_loopback
from cyxwiz.tls_choice import TlsChoice
from shared.backoff import Backoff
from shared.clock import Clock, SystemClock
from shared.tls_identity import node_server_name

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""The transport's limit of one message, both ways."""

_SLOWEST_BYTES_PER_SECOND = 100_000

RETRY_WAITS = Backoff(first_seconds=0.1, cap_seconds=1.0)

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")

_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # A server that was restarted is found again within a second, not after gRPC's own minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A cut that no packet tells of is noticed on a quiet stream.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    # Two clients of one process do not share a connection, nor its memory of failures.
    ("grpc.use_local_subchannel_pool", 1),
)


def transfer_timeout_seconds(size_bytes: int) -> float:
    """Return how long one try to move so many bytes may take; a try that is cut off is gone on with."""
    return 60.0 + size_bytes / _SLOWEST_BYTES_PER_SECOND


class Connection:
    """Where the rpcs go; belongs to the event loop that made it.

    Attributes:
        channel: the gRPC channel, for stubs.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        retry_seconds: float,
        call_timeout_seconds: float,
        tls: TlsChoice | None = None,
        token: str = "",
        clock: Clock | None = None,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        """Open nothing yet; gRPC connects with the first call."""
        self._retry_seconds = retry_seconds
        self._call_timeout_seconds = call_timeout_seconds
        self._clock = clock or SystemClock()
        self._speaks_tls = tls is not None
        self._tls = tls
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._nodes: dict[tuple[str, str], SeveralServers] = {}
        dial = partial(_dial, credentials=_credentials(tls) if tls is not None else None)
        self._servers = SeveralServers(
            addresses,
            dial=dial,
            monotonic_seconds=self._clock.monotonic_seconds,
            metadata=self._metadata,
        )
        # Stubs ask a channel for methods and nothing else.
        self.channel = cast("grpc.aio.Channel", self._servers)
        self._uniform = uniform
        self._is_closed = False

    @property
    def address(self) -> str:
        """`HOST:PORT` of the central server that is asked now."""
        return self._servers.address

    async def close(self) -> None:
        """Close the channel; calls in flight end."""
        self._is_closed = True
        await self.channel.close()
        for channel in self._nodes.values():
            await channel.close()

    def node_channel(self, address: str, node_id: str) -> grpc.aio.Channel:
        """Return a channel to a node's own server, with the credentials that the central server is shown; kept open."""
        self.refuse_when_closed()
        known = self._nodes.get((address, node_id))
        if known is None:
            known = SeveralServers(
                [address],
                dial=partial(dial_node, node_id=node_id, tls=self._tls),
                monotonic_seconds=self._clock.monotonic_seconds,
                metadata=self._metadata,
            )
            self._nodes[address, node_id] = known
        return cast("grpc.aio.Channel", known)

    async def call(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        *,
        timeout_seconds: float | None = None,
    ) -> _Response:
        """Return the answer, trying again while the server is away.

        Raises:
            CyxWizError: one of `cyxwiz.errors`, by the answer's status code.
            WrongState: it was closed.
        """
        self.refuse_when_closed()
        patience = self.patience()
        while True:
            try:
                return await method(
                    request, timeout=timeout_seconds or self._call_timeout_seconds, metadata=trace_metadata()
                )
            except grpc.aio.AioRpcError as error:
                await patience.wait_or_raise(self.error(error))

    async def call_and_metadata(
        self, method: grpc.aio.UnaryUnaryMultiCallable[_Request, _Response], request: _Request
    ) -> tuple[_Response, dict[str, str]]:
        """Return the answer and what the server sent beside it; not tried again."""
        self.refuse_when_closed()
        call = method(request, timeout=self._call_timeout_seconds)
        try:
            answer = await call
            trailing = await call.trailing_metadata()
        except grpc.aio.AioRpcError as error:
            raise self.error(error) from None
        return answer, {key: value for key, value in trailing or () if isinstance(value, str)}

    def refuse_when_closed(self) -> None:
        """Raise WrongState when nothing can be asked any more."""
        if self._is_closed:
            raise WrongState(CLIENT_IS_CLOSED)

    def error(self, error: grpc.aio.AioRpcError) -> Exception:
        """Return the SDK's error for a failed rpc on this connection; after an absence the next server is asked."""
        told = error_from_rpc(error, address=self.address, speaks_tls=self._speaks_tls)
        if isinstance(told, ServerUnreachable):
            self._servers.move_on()
        return told

    def patience(self, seconds: float | None = None) -> Patience:
        """Return a fresh account of failures in a row, for `seconds` or the client's own retry time."""
        limit = self._retry_seconds if seconds is None else seconds
        return Patience(limit, clock=self._clock, uniform=self._uniform)


def dial_node(address: str, *, node_id: str, tls: TlsChoice | None) -> grpc.aio.Channel:
    """Return a channel to a node's own server.

    A node on this machine is spoken to in the clear, as it listens; any other one as the central server is, with a
    certificate of the node, not of the host that it happens to be on.
    """
    credentials = _credentials(tls) if tls is not None and not is_loopback(address) else None
    return _dial(address, credentials=credentials, server_name=node_server_name(node_id))


def _dial(address: str, *, credentials: grpc.ChannelCredentials | None, server_name: str = "") -> grpc.aio.Channel:
    options: tuple[tuple[str, int | str], ...] = _CHANNEL_OPTIONS + (
        (("grpc.enable_http_proxy", 0),) if is_loopback(address) else ()
    )
    if credentials is None:
        return grpc.aio.insecure_channel(address, options=options)
    if server_name:
        options += (("grpc.ssl_target_name_override", server_name),)
    return grpc.aio.secure_channel(address, credentials, options=options)


def _credentials(tls: TlsChoice) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(tls.authority, tls.key, tls.certificate)


class Patience:
    """How long one caller goes on trying: counts failures in a row and gives up after a while."""

    def __init__(self, limit_seconds: float, *, clock: Clock, uniform: Callable[[], float]) -> None:
        """Start with no failure; the time runs from the first one."""
        self._limit_seconds = limit_seconds
        self._clock = clock
        self._uniform = uniform
        self._failures = 0
        self._first_failure_seconds = 0.0

    async def wait_or_raise(self, error: Exception) -> None:
        """Wait before the next try, or raise `error` when it is not of a kind that passes or time is up."""
        now = self._clock.monotonic_seconds()
        self._failures += 1
        if self._failures == 1:
            self._first_failure_seconds = now
        wait_seconds = RETRY_WAITS.wait_seconds(self._failures, self._uniform())
        is_late = now + wait_seconds - self._first_failure_seconds > self._limit_seconds
        if is_late or not isinstance(error, ServerUnreachable) or isinstance(error, ServerNotTrusted):
            raise error
        await asyncio.sleep(wait_seconds)
