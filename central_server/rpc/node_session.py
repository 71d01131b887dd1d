"""One control stream of one node: a reader, a writer with a bounded queue, and how the stream ends. It decides nothing.

There is one reader and one writer because gRPC allows no more, and neither is ever cancelled while the stream should
live, because that would cancel the stream. A node that does not read is closed: its queue fills, or a write takes too
long.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import grpc
from google.protobuf.message import DecodeError

from central_server.requests.enrolment import REVOKED_CODE
from central_server.rpc.context import Context
from central_server.scheduler.events import Event, NodeConnected, NodeDisconnected, NodeSaid
from central_server.scheduler.node_sessions import NODE_ID_TAKEN_CODE
from central_server.structured_logging import log_event
from shared.error_answers import short_sentence
from shared.errors import MachineFailure, PeerFault
from shared.node_message_wire import node_message_from_proto, server_message_to_proto
from shared.node_messages import AttemptEnded, CheckpointStored, Goodbye, Hello, NodeMessage, ServerMessage, Welcome
from shared.pb import link_pb2

QUEUE_MESSAGES = 1000
HELLO_SECONDS = 10.0
WRITE_SECONDS = 10.0
FAREWELL_SECONDS = 1.0

NOT_ITSELF_CODE = "not_itself"

MESSAGE_BYTES = 800_000
"""No honest word is longer: a Hello that names as much as it may, with the longest names, has 680 kB."""
LONG_MESSAGE_BYTES = 1 << 23
_LONG_KINDS = frozenset({"attempt_ended", "plan_answer"})
"""These carry a result's metrics and a model's table of layers."""

_logger = logging.getLogger(__name__)

_STATUS_OF_ENDING = {
    PeerFault.code: grpc.StatusCode.INVALID_ARGUMENT,
    NODE_ID_TAKEN_CODE: grpc.StatusCode.ALREADY_EXISTS,
    MachineFailure.code: grpc.StatusCode.UNAVAILABLE,
    "files_missing": grpc.StatusCode.FAILED_PRECONDITION,
    NOT_ITSELF_CODE: grpc.StatusCode.PERMISSION_DENIED,
    REVOKED_CODE: grpc.StatusCode.UNAUTHENTICATED,
    "too_slow": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "restarting": grpc.StatusCode.UNAVAILABLE,
    "stopping": grpc.StatusCode.UNAVAILABLE,
}
"""Any other code a stream is closed with is an ABORTED."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a stream ends; an empty code when the node itself ended it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Certified:
    """What the certificate under a stream says; empty for a stream without one."""

    node_id: str = ""
    serial: str = ""


_UNCERTIFIED = Certified()


class NodeSession:
    """A control stream from its opening to its end. All of it belongs to the event loop's thread."""

    def __init__(
        self,
        session_id: str,
        *,
        tell: Callable[[Event], Awaitable[None]],
        has_artifact: Callable[[str], Awaitable[bool]],
        certified: Certified = _UNCERTIFIED,
    ) -> None:
        self.session_id = session_id
        self.node_id = ""
        self._is_welcome = False
        self._tell = tell
        self._has_artifact = has_artifact
        self._certified = certified
        self._outgoing: asyncio.Queue[ServerMessage | None] = asyncio.Queue(QUEUE_MESSAGES)
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    @property
    def certificate_serial(self) -> str:
        """Of the certificate under this stream; empty without one."""
        return self._certified.serial

    @property
    def is_open(self) -> bool:
        """Whether the core has welcomed the node that it says it is, and it is not ending."""
        return self._is_welcome and not self._ending.done()

    def send(self, message: ServerMessage) -> None:
        """Queue a message; a stream that cannot take it ends."""
        if self._ending.done():
            return
        self._is_welcome = self._is_welcome or isinstance(message, Welcome)
        try:
            self._outgoing.put_nowait(message)
        except asyncio.QueueFull:
            self.end(Ending("too_slow", f"the node left {QUEUE_MESSAGES} messages unread"))

    def end(self, ending: Ending) -> None:
        """Let the stream end; the first reason stands."""
        if not self._ending.done():
            self._ending.set_result(ending)

    async def serve(self, context: Context) -> None:
        """Serve the stream to its end; ends the rpc with a status when the node did not end it itself."""
        try:
            ending = await self._converse(context)
        finally:
            self.end(Ending("", "the stream is gone"))
            if self.node_id:
                await self._tell(NodeDisconnected(self.session_id))
        log_event(_logger, "node_stream_ended", node=self.node_id, session=self.session_id, code=ending.code or "left")
        if ending.code:
            code = _STATUS_OF_ENDING.get(ending.code, grpc.StatusCode.ABORTED)
            with contextlib.suppress(grpc.aio.InternalError):  # the node has cut it meanwhile: nobody is left to tell
                await context.abort(code, short_sentence(ending.message))

    async def _converse(self, context: Context) -> Ending:
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(self._read(context))
            writer = tasks.create_task(self._write(context))
            late = Ending(PeerFault.code, f"a control stream must say Hello within {HELLO_SECONDS:g} s")
            hello_timer = asyncio.get_running_loop().call_later(HELLO_SECONDS, self._end_without_hello, late)
            try:
                ending = await asyncio.shield(self._ending)
                await self._say_goodbye(ending, writer)
            finally:
                hello_timer.cancel()
                reader.cancel()
                writer.cancel()
        return ending

    def _end_without_hello(self, ending: Ending) -> None:
        if not self.node_id:
            self.end(ending)

    async def _say_goodbye(self, ending: Ending, writer: asyncio.Task[None]) -> None:
        """Give what is queued and a Goodbye a moment to leave."""
        if not ending.code or ending.code == "too_slow" or self._outgoing.full():
            return
        self._outgoing.put_nowait(Goodbye(ending.code, ending.message))
        if not self._outgoing.full():
            self._outgoing.put_nowait(None)
        await asyncio.wait([writer], timeout=FAREWELL_SECONDS)

    async def _read(self, context: Context) -> None:
        try:
            while (raw := await context.read()) is not grpc.aio.EOF:
                await self._take(_parsed(raw))
        except PeerFault as fault:
            self.end(Ending(fault.code, str(fault)))
        except MachineFailure as failure:  # artifacts cannot be asked for: the node connects again and says it again
            self.end(Ending(MachineFailure.code, str(failure)))
        except (grpc.aio.BaseError, grpc.RpcError) as cut:
            self.end(Ending("", f"the stream was cut: {cut!r}"))
        else:
            self.end(Ending("", "the node ended the stream"))

    async def _take(self, message: NodeMessage) -> None:
        if self._ending.done():
            return
        if isinstance(message, Hello):
            await self._take_hello(message)
            return
        if not self.node_id:
            raise PeerFault(f"the first message of a control stream must be Hello, got {type(message).__name__}")
        if isinstance(message, AttemptEnded) and (missing := await self._missing_file(message)):
            self.end(Ending("files_missing", f"{message.key} has a file that was not uploaded: {missing}"))
            return
        if (known := await self._without_missing_checkpoint(message)) is not None:
            await self._tell(NodeSaid(self.session_id, known))

    async def _take_hello(self, hello: Hello) -> None:
        if self.node_id:
            raise PeerFault("Hello came twice on one stream")
        if self._certified.node_id and hello.node_id != self._certified.node_id:
            self._end_impostor(hello.node_id)
            return
        self.node_id = hello.node_id
        log_event(_logger, "node_stream_opened", node=hello.node_id, session=self.session_id)
        await self._tell(NodeConnected(self.session_id, hello))

    def _end_impostor(self, said: str) -> None:
        own = self._certified.node_id
        log_event(_logger, "node_not_itself", is_warning=True, certificate=own, said=said)
        self.end(
            Ending(NOT_ITSELF_CODE, f"Hello must be of node {own}, which the certificate names, got {said[:128]!r}")
        )

    async def _missing_file(self, ended: AttemptEnded) -> str:
        for file in ended.files:
            if not await self._has_artifact(file.sha256):
                return file.name
        return ""

    async def _without_missing_checkpoint(self, message: NodeMessage) -> NodeMessage | None:
        """Return what is left of a message whose checkpoint is not here: a job would wait for it in vain."""
        if not isinstance(message, AttemptEnded | CheckpointStored) or message.checkpoint is None:
            return message
        if await self._has_artifact(message.checkpoint.sha256):
            return message
        log_event(_logger, "checkpoint_is_not_here", is_warning=True, attempt=str(message.key), node=self.node_id)
        return replace(message, checkpoint=None) if isinstance(message, AttemptEnded) else None

    async def _write(self, context: Context) -> None:
        try:
            while (message := await self._outgoing.get()) is not None:
                async with asyncio.timeout(WRITE_SECONDS):
                    await context.write(server_message_to_proto(message).SerializeToString())
        except TimeoutError:
            self.end(Ending("too_slow", f"the node did not read for {WRITE_SECONDS:g} s"))
        except (grpc.aio.BaseError, grpc.RpcError, asyncio.InvalidStateError) as cut:
            self.end(Ending("", f"the stream was cut: {cut!r}"))


def _parsed(raw: bytes) -> NodeMessage:
    try:
        message = link_pb2.NodeMessage.FromString(raw)
    except DecodeError:
        raise PeerFault(f"a message must be a serialised NodeMessage, got {len(raw)} bytes that are none") from None
    kind = message.WhichOneof("kind") or "message of no known kind"
    longest = LONG_MESSAGE_BYTES if kind in _LONG_KINDS else MESSAGE_BYTES
    if len(raw) > longest:
        raise PeerFault(f"a {kind} must have at most {longest} bytes, got {len(raw)}")
    return node_message_from_proto(message)
