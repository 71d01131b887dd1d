"""The second stream: live progress, history rows and log lines, in batches. It decides nothing and delays nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import grpc.aio

from server_node.connection.failures import why_it_broke
from server_node.connection.side_by_side import until_one_ends
from server_node.connection.telemetry_buffer import TelemetryBuffer
from server_node.connection.telemetry_wire import batch_to_proto
from server_node.telemetry_records import TelemetryRecord
from shared.backoff import Backoff
from shared.errors import ServerUnreachable
from shared.identifiers import AttemptKey
from shared.log_lines import log_event
from shared.pb import link_pb2, link_pb2_grpc

_LOG = logging.getLogger(__name__)
WINDOW_BATCHES = 8
"""How many batches may wait for an acknowledgement; more news then waits in the buffer."""

_Call = grpc.aio.StreamStreamCall[link_pb2.TelemetryBatch, link_pb2.TelemetryAck]


class TelemetryStream:
    """Tells the server what the buffer holds, on a stream of its own for each session. For the event loop's thread.

    Args:
        channel: gives a channel to the server that welcomed us, once there is one.
        pause_seconds: the least time between two batches, so that news gathers.
    """

    def __init__(
        self,
        node_id: str,
        *,
        channel: Callable[[], Awaitable[grpc.aio.Channel]],
        uniform: Callable[[], float],
        buffer: TelemetryBuffer | None = None,
        backoff: Backoff | None = None,
        pause_seconds: float = 0.02,
    ) -> None:
        self._node_id = node_id
        self._channel = channel
        self._uniform = uniform
        self._buffer = buffer or TelemetryBuffer()
        self._backoff = backoff or Backoff()
        self._pause_seconds = pause_seconds
        self._dropped_to_tell = 1
        self._session_id = ""
        self._session_changed = asyncio.Event()
        self._news = asyncio.Event()
        self._acknowledged = asyncio.Event()

    def add(self, record: TelemetryRecord) -> None:
        """Take one record; it is told as soon as it can be."""
        self._buffer.add(record)
        self._news.set()
        self._tell_of_dropped()

    def _tell_of_dropped(self) -> None:
        """Log that records are dropped when it begins, and each time there are twice as many."""
        if self._buffer.dropped >= self._dropped_to_tell:
            log_event(
                _LOG,
                "telemetry_dropped",
                is_warning=True,
                total=self._buffer.dropped,
                note="the server takes less than is made",
            )
            self._dropped_to_tell = 2 * self._buffer.dropped

    def open_session(self, session_id: str) -> None:
        """Tell everything under this session from now on."""
        self._session_id = session_id
        self._session_changed.set()

    async def wait_until_told(self, key: AttemptKey, *, timeout: float) -> bool:
        """Return whether every row and line of an attempt was acknowledged within `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not self._buffer.is_told(key):
                    self._acknowledged.clear()
                    await self._acknowledged.wait()
        return self._buffer.is_told(key)

    async def run(self) -> None:
        """Keep a stream for the newest session until cancelled."""
        failures = 0
        while True:
            await self._wait_for_session()
            try:
                await self._one_stream()
                failures = 0
            except ServerUnreachable as why:
                failures += 1
                log_event(_LOG, "telemetry_ended", why=why, dropped=self._buffer.dropped)
                await asyncio.sleep(self._backoff.wait_seconds(failures, self._uniform()))

    async def _wait_for_session(self) -> None:
        while not self._session_id:
            self._session_changed.clear()
            await self._session_changed.wait()

    async def _one_stream(self) -> None:
        """Pump until the session changes.

        Raises:
            ServerUnreachable: the stream broke.
        """
        self._session_changed.clear()
        self._buffer.begin_stream()
        call = link_pb2_grpc.NodeLinkStub(await self._channel()).Telemetry()
        try:
            await until_one_ends(self._read(call), self._write(call), self._until_session_changes())
        finally:
            call.cancel()

    async def _until_session_changes(self) -> None:
        await self._session_changed.wait()

    async def _write(self, call: _Call) -> None:
        session_id, node_id = self._session_id, self._node_id
        try:
            while True:
                await self._wait_for_news()
                batch = self._buffer.next_batch()
                await call.write(batch_to_proto(batch, node_id=node_id, session_id=session_id))
                session_id = node_id = ""  # named in the first batch
                await asyncio.sleep(self._pause_seconds)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as failure:
            raise ServerUnreachable(why_it_broke(failure)) from failure

    async def _wait_for_news(self) -> None:
        while not self._buffer.has_news() or self._buffer.told_batches >= WINDOW_BATCHES:
            self._news.clear()
            await self._news.wait()

    async def _read(self, call: _Call) -> None:
        try:
            while isinstance(ack := await call.read(), link_pb2.TelemetryAck):
                self._buffer.acknowledge(ack.sequence)
                self._acknowledged.set()
                self._news.set()  # the window has room again
        except grpc.aio.AioRpcError as failure:
            raise ServerUnreachable(why_it_broke(failure)) from failure
        raise ServerUnreachable("the server ended the telemetry stream")
