"""How rpcs end, whatever was under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc
import grpc.aio
import pytest

from central_server.requests.caller import Caller
from central_server.rpc.context import Context
from central_server.rpc.registration import Registration
from shared.errors import InvalidField, NotAuthenticated
from shared.pb import job_pb2
from shared.permissions import Role

UNREAD = bytes(4 * 2**20 - 100)
SERVICE = "cyxwiz.protocol.JobService"


class Admission:
    """Lets everybody in, until it is told not to let them stay."""

    def __init__(self) -> None:
        self._staying: asyncio.Task[Any] | None = None

    async def admit(self, method: str, context: Context) -> Caller:
        del method, context
        return Caller("somebody", Role.SUBMITTER)

    @asynccontextmanager
    async def staying(self, _context: Context) -> AsyncIterator[None]:
        self._staying = asyncio.current_task()
        try:
            yield
        except asyncio.CancelledError:
            raise NotAuthenticated("the token is revoked") from None

    def revoke(self) -> None:
        assert self._staying is not None
        self._staying.cancel()


async def converse(context: Context, _caller: Caller) -> None:
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(context.write(UNREAD))
            await context.read()
            raise InvalidField("that was no message of this stream")
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


def entered_conversation(table: Registration, _admission: Admission) -> grpc.StatusCode:
    table.conversation("Talk", converse)
    return grpc.StatusCode.INVALID_ARGUMENT


def entered_stream(table: Registration, admission: Admission) -> grpc.StatusCode:
    async def answers(_: job_pb2.GetJobStatusRequest, _caller: Caller) -> AsyncIterator[job_pb2.GetJobStatusResponse]:
        asyncio.get_running_loop().call_soon(admission.revoke)  # while the answer is being written
        yield job_pb2.GetJobStatusResponse(error={"message": "x" * len(UNREAD)})

    table.streaming("Talk", job_pb2.GetJobStatusRequest, answers)
    return grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("enter", [entered_conversation, entered_stream])
async def test_a_caller_that_did_not_read_is_still_told_why_its_stream_ended(
    enter: Callable[[Registration, Admission], grpc.StatusCode],
) -> None:
    admission = Admission()
    table = Registration(SERVICE, admission)  # type: ignore[arg-type]  # only asked these two
    code = enter(table, admission)
    server = grpc.aio.server()
    table.add_to(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel, asyncio.timeout(20):
        call: Any = channel.stream_stream(f"/{SERVICE}/Talk")()
        await call.write(b"")
        await asyncio.sleep(0.1)
        with suppress(grpc.aio.AioRpcError):
            while await call.read() is not grpc.aio.EOF:
                pass
        assert await call.code() is code
    await server.stop(0)
