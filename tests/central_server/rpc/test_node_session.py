"""A control stream whose node does not read: it is closed, and nobody waits for it."""

import asyncio
from typing import Any

import grpc
import pytest

from central_server.rpc import node_session
from central_server.rpc.node_session import NodeSession
from central_server.scheduler.events import Event, NodeConnected, NodeDisconnected
from shared.node_message_wire import node_message_to_proto
from shared.node_messages import HeartbeatAck
from tests.builders import a_hello


class Aborted(Exception):
    """What ending an rpc raises."""


class StuckContext:
    """A stream that has said Hello and never reads what is written."""

    def __init__(self) -> None:
        self.ended_with: grpc.StatusCode | None = None
        self._reads = [node_message_to_proto(a_hello()).SerializeToString()]

    async def read(self) -> bytes:
        if self._reads:
            return self._reads.pop()
        await asyncio.Event().wait()
        raise AssertionError("nothing more comes")

    async def write(self, raw: bytes) -> None:
        await asyncio.Event().wait()

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        self.ended_with = code
        raise Aborted


async def has_artifact(sha256: str) -> bool:
    return True


async def serve_until_aborted(flood: int) -> tuple[StuckContext, list[Event]]:
    told: list[Event] = []
    welcomed = asyncio.Event()

    async def tell(event: Event) -> None:
        told.append(event)
        welcomed.set()

    context: Any = StuckContext()
    session = NodeSession("s", tell=tell, has_artifact=has_artifact)

    async def send() -> None:
        await welcomed.wait()
        for sequence in range(flood):
            session.send(HeartbeatAck(sequence))

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        with pytest.raises(Aborted):
            await session.serve(context)
    return context, told


async def test_a_node_that_leaves_too_much_unread_is_closed() -> None:
    context, told = await serve_until_aborted(flood=node_session.QUEUE_MESSAGES + 2)
    assert context.ended_with is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert [type(event) for event in told] == [NodeConnected, NodeDisconnected]


async def test_a_node_that_is_gone_when_its_stream_is_closed_is_no_mistake_of_ours() -> None:
    class Gone(StuckContext):
        async def read(self) -> bytes:
            return b"no message"

        async def abort(self, code: grpc.StatusCode, details: str) -> None:
            raise grpc.aio.InternalError

    context: Any = Gone()

    async def tell(event: Event) -> None:
        raise AssertionError(f"nobody has said Hello, and the core was told {event}")

    async with asyncio.timeout(10):
        await NodeSession("s", tell=tell, has_artifact=has_artifact).serve(context)


async def test_a_node_that_reads_too_slowly_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_session, "WRITE_SECONDS", 0.01)
    context, told = await serve_until_aborted(flood=1)
    assert context.ended_with is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert [type(event) for event in told] == [NodeConnected, NodeDisconnected]
