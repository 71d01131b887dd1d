"""One control stream, from its first message to its end: one task writes, one reads. It does not know what came before.

What waits to be written is bounded: a server that does not read is given up rather than waited for, since everything
that matters is said again on the next stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc.aio

from server_node.connection.failures import why_it_broke
from server_node.connection.side_by_side import until_one_ends
from shared.errors import OurBug, PeerFault, ServerUnreachable
from shared.node_message_wire import node_message_to_proto, server_message_from_proto
from shared.node_messages import NodeMessage, ServerMessage, Welcome
from shared.pb import link_pb2, link_pb2_grpc

WRITE_QUEUE_LENGTH = 4096


class ControlStream:
    """A stream on an open channel.

    Args:
        on_message: called in the event loop with each message of the server.
    """

    def __init__(self, channel: grpc.aio.Channel, *, on_message: Callable[[ServerMessage], None]) -> None:
        self._call = link_pb2_grpc.NodeLinkStub(channel).Control()
        self._on_message = on_message
        self._to_write: asyncio.Queue[NodeMessage] = asyncio.Queue(WRITE_QUEUE_LENGTH)
        self._closing: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.is_welcome = False

    def send(self, message: NodeMessage) -> None:
        """Queue a message; a full queue ends the stream."""
        try:
            self._to_write.put_nowait(message)
        except asyncio.QueueFull:
            self.close(f"the server has not read {WRITE_QUEUE_LENGTH} messages")

    def close(self, reason: str) -> None:
        """End the stream for that reason."""
        if not self._closing.done():
            self._closing.set_result(reason)

    async def run(self, *, welcome_seconds: float) -> str:
        """Pump until the stream ends, and return why.

        Args:
            welcome_seconds: how long the server may take until its welcome.
        """
        deadline = asyncio.get_running_loop().call_later(welcome_seconds, self._expect_welcome, welcome_seconds)
        try:
            await until_one_ends(self._read(), self._write(), self._wait_for_close())
        except ServerUnreachable as why:
            return str(why)
        finally:
            deadline.cancel()
            self._call.cancel()
        raise OurBug("a stream's pump returned instead of saying why it ended")

    async def _write(self) -> None:
        try:
            while True:
                message = await self._to_write.get()
                await self._call.write(node_message_to_proto(message))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as failure:
            # The reader knows better why; it is given a moment to say so.
            await asyncio.sleep(0.1)
            raise ServerUnreachable(why_it_broke(failure)) from failure

    async def _read(self) -> None:
        try:
            while isinstance(message := await self._call.read(), link_pb2.ServerMessage):
                self._hear(server_message_from_proto(message))
        except grpc.aio.AioRpcError as failure:
            raise ServerUnreachable(why_it_broke(failure)) from failure
        except PeerFault as fault:
            raise ServerUnreachable(f"the server broke the protocol: {fault}") from fault
        raise ServerUnreachable("the server ended the stream")

    async def _wait_for_close(self) -> None:
        raise ServerUnreachable(await self._closing)

    def _hear(self, message: ServerMessage) -> None:
        self.is_welcome = self.is_welcome or isinstance(message, Welcome)
        self._on_message(message)

    def _expect_welcome(self, welcome_seconds: float) -> None:
        if not self.is_welcome:
            self.close(f"no welcome within {welcome_seconds:g} s")
