"""A node that does what a test tells it to, on the real streams of a real server. It trains nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import grpc

from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_message_wire import attempt_key_to_proto, node_message_to_proto, server_message_from_proto
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    EndAcknowledged,
    Hello,
    NodeMessage,
    OfferAttempt,
    Outcome,
    ResultFile,
    ServerMessage,
    Welcome,
)
from shared.pb import artifact_pb2, job_pb2, link_pb2
from tests.builders import a_hello
from tests.central_server.running_server import Server

PATIENCE_SECONDS = 10.0

RawStream = grpc.aio.StreamStreamCall[bytes, bytes]

_Message = TypeVar("_Message", bound=ServerMessage)


class FakeNode:
    """One open control stream."""

    def __init__(self, server: Server, hello: Hello, *, token: str = "") -> None:
        self._server = server
        self.hello = hello
        self._stream = open_stream(server, "Control", token=token)
        self.session_id = ""

    async def connect(self) -> Welcome:
        """Say Hello and return the Welcome."""
        await self.say(self.hello)
        welcome = await self.expect(Welcome)
        self.session_id = welcome.session_id
        return welcome

    async def say(self, message: NodeMessage) -> None:
        """Write a message."""
        await self.say_bytes(node_message_to_proto(message).SerializeToString())

    async def say_bytes(self, raw: bytes) -> None:
        """Write whatever bytes."""
        await self._stream.write(raw)

    async def read(self) -> ServerMessage | None:
        """Return the next message, None when the stream has ended."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            raw = await self._stream.read()
        if not isinstance(raw, bytes):
            return None
        return server_message_from_proto(link_pb2.ServerMessage.FromString(raw))

    async def expect(self, kind: type[_Message]) -> _Message:
        """Return the next message of a kind; others before it are passed over."""
        while (message := await self.read()) is not None:
            if isinstance(message, kind):
                return message
        raise AssertionError(f"the stream ended without {kind.__name__}: {await self._stream.details()}")

    async def code_at_end(self) -> tuple[grpc.StatusCode, str]:
        """Read to the end of the stream and return its status."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while await self._stream.read() is not grpc.aio.EOF:
                    pass
            except grpc.aio.AioRpcError:
                pass
            return await self._stream.code(), await self._stream.details() or ""

    def cut(self) -> None:
        """Drop the stream without a word."""
        self._stream.cancel()

    async def leave(self) -> None:
        """End the stream properly."""
        await self._stream.done_writing()

    async def start(self, offer: OfferAttempt) -> None:
        """Report an offered attempt as running."""
        await self.say(AttemptReport(offer.key, AttemptState.STARTING))
        await self.say(AttemptReport(offer.key, AttemptState.RUNNING, memory_bytes=1 << 20, first_step_at_ms=1))

    async def succeed(self, key: AttemptKey, *, weights: bytes = b"weights", **fields: Any) -> None:
        """Upload a result and end an attempt with it."""
        file = await upload(self._server, "model.safetensors", weights)
        ended = AttemptEnded(key, Outcome.SUCCEEDED, files=(file,), compute_seconds=1.5, **fields)
        await self.say(ended)
        assert (await self.expect(EndAcknowledged)).key == key


@asynccontextmanager
async def a_connected_node(server: Server, node_id: str = "a", **fields: Any) -> AsyncIterator[FakeNode]:
    """A node that has been welcomed, until the block ends."""
    node = FakeNode(server, a_hello(node_id, **fields))
    await node.connect()
    try:
        yield node
    finally:
        node.cut()


def open_stream(server: Server, method: str, *, token: str = "") -> RawStream:
    """Open a stream of the NodeLink that carries raw bytes."""
    call: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = server.channel.stream_stream(
        f"/cyxwiz.link.NodeLink/{method}"
    )
    return call(metadata=(("authorization", f"Bearer {token}"),) if token else None)


async def upload(server: Server, name: str, content: bytes) -> ResultFile:
    """Upload a file and return what a result says of it."""
    sha256 = hashlib.sha256(content).hexdigest()
    chunk = artifact_pb2.UploadChunk(sha256=sha256, size_bytes=len(content), data=content)
    await server.artifacts.Upload(iter([chunk]))
    return ResultFile(name, sha256, len(content))


async def send_telemetry(server: Server, batches: Sequence[link_pb2.TelemetryBatch]) -> list[int]:
    """Send batches on a stream of their own and return the sequences that were acknowledged."""
    stream = open_stream(server, "Telemetry")
    for batch in batches:
        await stream.write(batch.SerializeToString())
    await stream.done_writing()
    acknowledged = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while isinstance(raw := await stream.read(), bytes):
            acknowledged.append(link_pb2.TelemetryAck.FromString(raw).sequence)
    return acknowledged


def a_batch(
    node: FakeNode,
    key: AttemptKey,
    *,
    sequence: int = 1,
    steps: Sequence[int] = (),
    lines: Sequence[str] = (),
    live_step: int = 0,
) -> link_pb2.TelemetryBatch:
    """Return a batch of rows, lines and live progress of one attempt."""
    wire_key = attempt_key_to_proto(key)
    live = link_pb2.LiveProgress(
        key=wire_key, step=live_step, steps_total=100, epoch=1, epochs=2, samples_processed=32, metrics={"loss": 0.5}
    )
    return link_pb2.TelemetryBatch(
        node_id=node.hello.node_id,
        session_id=node.session_id,
        sequence=sequence,
        live=[live] if live_step else [],
        rows=[
            link_pb2.HistoryRow(key=wire_key, row=job_pb2.MetricRow(step=step, epoch=1, at_ms=7, values={"loss": 1.0}))
            for step in steps
        ],
        lines=[
            link_pb2.LogEntry(key=wire_key, at_ms=index, level="info", text=text) for index, text in enumerate(lines)
        ],
    )
