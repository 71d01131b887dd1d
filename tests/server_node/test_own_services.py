"""The node's own gRPC services: a caller is told how a conversation ended, whatever was under way."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio

from server_node.own_services.own_side import open_own_server
from server_node.own_services.service_table import Context, ServiceTable
from server_node.ports import CheckedCaller
from shared.errors import InvalidField
from shared.permissions import Permission

MORE_THAN_IS_SENT_UNREAD = 4 * 2**20 - 100


class Callers:
    """Lets everybody in."""

    async def check(self, authorization: str, host: str, permission: Permission, what: str) -> CheckedCaller:
        del authorization, permission, what
        return CheckedCaller("somebody", "operator", host=host)

    async def record(
        self, caller: CheckedCaller, action: str, *, subject: str = "", result: str = "ok", detail: str = ""
    ) -> None:
        raise AssertionError("nothing is done here")


async def refuse_while_writing(context: Context, _caller: CheckedCaller) -> None:
    """End as a conversation does whose reader meets nonsense while its writer has not been read yet."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(context.write(bytes(MORE_THAN_IS_SENT_UNREAD)))
            await context.read()
            raise InvalidField("that was no message of this stream")
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def test_a_caller_that_did_not_read_is_still_told_why_its_stream_ended() -> None:
    table = ServiceTable("cyxwiz.protocol.TerminalService", Callers())
    table.conversation("StreamTerminal", Permission.TERMINAL, refuse_while_writing)
    listening = await open_own_server([table], "127.0.0.1:0")
    async with grpc.aio.insecure_channel(listening.address) as channel, asyncio.timeout(20):
        call: Any = channel.stream_stream("/cyxwiz.protocol.TerminalService/StreamTerminal")()
        await call.write(b"nonsense")
        await asyncio.sleep(0.1)
        with suppress(grpc.aio.AioRpcError):
            while await call.read() is not grpc.aio.EOF:
                pass
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
    await listening.server.stop()
