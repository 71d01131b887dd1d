"""A real gRPC server on a real port that says what a test tells it to: both node streams, and artifacts in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

import grpc
import grpc.aio

from shared.node_message_wire import node_message_from_proto, server_message_to_proto
from shared.node_messages import (
    AttemptEnded,
    EndAcknowledged,
    Heartbeat,
    HeartbeatAck,
    HeldVerdict,
    Hello,
    NodeMessage,
    ServerMessage,
    Verdict,
    Welcome,
)
from shared.pb import artifact_pb2, artifact_pb2_grpc, link_pb2, link_pb2_grpc


class ScriptedServer(link_pb2_grpc.NodeLinkServicer, artifact_pb2_grpc.ArtifactServiceServicer):
    """Welcomes a node, acknowledges heartbeats and ends unless told not to, and keeps everything it heard."""

    def __init__(self, *, lease_seconds: float = 20.0, heartbeat_seconds: float = 0.2) -> None:
        self.lease_seconds = lease_seconds
        self.heartbeat_seconds = heartbeat_seconds
        self.heard: list[NodeMessage] = []
        self.batches: list[link_pb2.TelemetryBatch] = []
        self.questions: list[link_pb2.CallerQuestion] = []
        self.reports: list[link_pb2.AuditReport] = []
        self.artifacts: dict[str, bytes] = {}
        self.uploads = 0
        self.downloads: list[int] = []
        self.hellos: list[Hello] = []
        self.acknowledges_ends = True
        self.lets_in_without_token = False
        self.acknowledges_telemetry = True
        self.acknowledges_heartbeats = True
        self.welcomes = True
        self.verdict = Verdict.KEEP
        self.port = 0
        self._server: grpc.aio.Server | None = None
        self._queue: asyncio.Queue[ServerMessage | None] = asyncio.Queue()
        self._news = asyncio.Event()

    async def start(self) -> Self:
        self._server = grpc.aio.server()
        link_pb2_grpc.add_NodeLinkServicer_to_server(self, self._server)
        artifact_pb2_grpc.add_ArtifactServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()
        return self

    async def stop(self) -> None:
        assert self._server is not None
        await self._server.stop(0)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def say(self, message: ServerMessage) -> None:
        self._queue.put_nowait(message)

    def hang_up(self) -> None:
        self._queue.put_nowait(None)

    async def until(self, holds: Callable[[], Any], timeout: float = 10.0) -> Any:
        async with asyncio.timeout(timeout):
            while not (found := holds()):
                self._news.clear()
                await self._news.wait()
        return found

    def first(self, kind: type[NodeMessage], **fields: object) -> Any:
        """Return the first message heard of that kind with those fields, else None."""
        for message in self.heard:
            if isinstance(message, kind) and all(getattr(message, name) == value for name, value in fields.items()):
                return message
        return None

    # ---- NodeLink

    async def Control(  # noqa: N802 - the stub's name
        self, request_iterator: AsyncIterator[link_pb2.NodeMessage], context: Any
    ) -> AsyncIterator[link_pb2.ServerMessage]:
        self._queue = asyncio.Queue()
        async with asyncio.TaskGroup() as readers:
            reader = readers.create_task(self._read(request_iterator))
            while (message := await self._queue.get()) is not None:
                yield server_message_to_proto(message)
            reader.cancel()

    async def _read(self, messages: AsyncIterator[link_pb2.NodeMessage]) -> None:
        async for wire in messages:
            message = node_message_from_proto(wire)
            self.heard.append(message)
            self._answer(message)
            self._news.set()

    def _answer(self, message: NodeMessage) -> None:
        match message:
            case Hello() if self.welcomes:
                self.hellos.append(message)
                verdicts = tuple(HeldVerdict(held.key, self.verdict) for held in message.held)
                session = f"session-{len(self.hellos)}"
                self.say(Welcome(session, self.lease_seconds, self.heartbeat_seconds, verdicts))
            case Heartbeat(sequence) if self.acknowledges_heartbeats:
                self.say(HeartbeatAck(sequence))
            case AttemptEnded(key) if self.acknowledges_ends:
                self.say(EndAcknowledged(key))

    async def CheckCaller(self, request: link_pb2.CallerQuestion, context: Any) -> link_pb2.CallerAnswer:  # noqa: N802
        """Know one token."""
        self.questions.append(request)
        if not request.token and self.lets_in_without_token:
            return link_pb2.CallerAnswer(allowed=True, user_id="local", role="submitter")
        if request.token == "good":
            return link_pb2.CallerAnswer(allowed=True, user_id="ada", role="submitter", token_id="tok-1")
        return link_pb2.CallerAnswer(sentence="the token is not known here", code="unauthenticated")

    async def RecordAudit(self, request: link_pb2.AuditReport, context: Any) -> link_pb2.AuditReceipt:  # noqa: N802
        """Keep what is told."""
        self.reports.append(request)
        return link_pb2.AuditReceipt()

    async def Telemetry(  # noqa: N802 - the stub's name
        self, request_iterator: AsyncIterator[link_pb2.TelemetryBatch], context: Any
    ) -> AsyncIterator[link_pb2.TelemetryAck]:
        async for batch in request_iterator:
            self.batches.append(batch)
            self._news.set()
            if self.acknowledges_telemetry:
                yield link_pb2.TelemetryAck(sequence=batch.sequence)

    # ---- ArtifactService

    async def GetUpload(self, request: artifact_pb2.GetUploadRequest, context: Any) -> artifact_pb2.GetUploadResponse:  # noqa: N802 - the stub's name
        known = self.artifacts.get(request.sha256, b"")
        complete = hashlib.sha256(known).hexdigest() == request.sha256
        return artifact_pb2.GetUploadResponse(offset=len(known), complete=complete)

    async def Upload(  # noqa: N802 - the stub's name
        self, request_iterator: AsyncIterator[artifact_pb2.UploadChunk], context: Any
    ) -> artifact_pb2.UploadResponse:
        self.uploads += 1
        name = ""
        async for chunk in request_iterator:
            name = chunk.sha256 or name
            known = self.artifacts.get(name, b"")
            assert chunk.offset == len(known)
            self.artifacts[name] = known + chunk.data
        assert hashlib.sha256(self.artifacts[name]).hexdigest() == name
        return artifact_pb2.UploadResponse(uri=f"artifact://sha256:{name}", sha256=name)

    async def Download(  # noqa: N802 - the stub's name
        self, request: artifact_pb2.DownloadRequest, context: Any
    ) -> AsyncIterator[artifact_pb2.DownloadChunk]:
        if request.sha256 not in self.artifacts:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such artifact")
        self.downloads.append(request.offset)
        content = self.artifacts[request.sha256]
        for offset in range(request.offset, len(content), 1000):
            data = content[offset : offset + 1000]
            yield artifact_pb2.DownloadChunk(offset=offset, data=data, size_bytes=len(content))
