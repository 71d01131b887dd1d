"""A real gRPC server on loopback that serves terminals, and callers who are told apart by their tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio

from server_node.own_services.own_server import OwnServer
from server_node.ports import CheckedCaller
from server_node.terminal.program import own_account
from server_node.terminal.rules import TerminalRules
from server_node.terminal.session_table import CLOSED, SessionTable
from server_node.terminal.terminal_service import terminal_table
from shared.clock import SystemClock
from shared.errors import NotFound, NotPermitted, ServerUnreachable
from shared.pb import common_pb2, terminal_pb2, terminal_pb2_grpc
from shared.permissions import Permission


@dataclass
class Callers:
    """Whoever shows `Bearer NAME` is NAME and may, but `viewer`."""

    records: list[tuple[str, str, str, str]] = field(default_factory=list)
    is_away: bool = False
    revoked: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def closed(self) -> list[str]:
        return [detail for action, _, _, detail in self.records if action == CLOSED]

    async def check(self, authorization: str, host: str, permission: Permission, what: str) -> CheckedCaller:
        assert (permission, what.partition("/")[0]) == (Permission.TERMINAL, "TerminalService")
        name = authorization.removeprefix("Bearer ")
        if name == "viewer" or name in self.revoked:
            raise NotPermitted("a viewer may not")
        return CheckedCaller("everybody", "operator", token_id=name, host=host)

    async def record(
        self, caller: CheckedCaller, action: str, *, subject: str = "", result: str = "ok", detail: str = ""
    ) -> None:
        if self.is_away:
            raise ServerUnreachable("nobody answers")
        self.records.append((action, caller.token_id, result, detail))
        self.news.set()


class Stream:
    """One session as its caller has it."""

    def __init__(self, session_id: str, call: Any) -> None:
        self.session_id = session_id
        self.call = call
        self.shown = b""
        self.end: Any = None

    async def say(self, data: bytes = b"", *, is_eof: bool = False) -> None:
        await self.call.write(terminal_pb2.TerminalData(session_id=self.session_id, data=data, is_eof=is_eof))

    async def until(self, wanted: bytes) -> bytes:
        async with asyncio.timeout(10):
            while wanted not in self.shown:
                assert await self.more(), self.shown
        return self.shown

    async def to_end(self) -> Any:
        async with asyncio.timeout(15):
            while await self.more():
                pass
        return self.end

    async def more(self) -> bool:
        message = await self.call.read()
        if message is grpc.aio.EOF:
            return False
        self.shown += message.data
        self.end = message if message.is_eof else None
        return not message.is_eof


@dataclass
class Bench:
    address: str
    stub: Any
    callers: Callers
    sessions: SessionTable

    async def create(self, command: str = "", *, token: str = "ann", **fields: Any) -> Any:
        request = terminal_pb2.CreateTerminalSessionRequest(command=command, **fields)
        answer = await self.stub.CreateSession(request, metadata=as_caller(token))
        assert answer.status == common_pb2.STATUS_SUCCESS
        return answer.session

    async def open(self, command: str = "", *, token: str = "ann", **fields: Any) -> Stream:
        session = await self.create(command, token=token, **fields)
        stream = Stream(session.session_id, self.stub.StreamTerminal(metadata=as_caller(token)))
        await stream.say()
        return stream

    async def until_closed(self, count: int = 1) -> list[str]:
        async with asyncio.timeout(10):
            while len(self.callers.closed) < count:
                self.callers.news.clear()
                await self.callers.news.wait()
        return self.callers.closed


def as_caller(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


@asynccontextmanager
async def a_bench(
    rules: TerminalRules | None = None, *, host: str = "127.0.0.1", credentials: grpc.ServerCredentials | None = None
) -> AsyncIterator[Bench]:
    callers = Callers()
    sessions = SessionTable(rules or TerminalRules(), callers, clock=SystemClock(), uniform=lambda: 0.5)

    def check_deployment(deployment_id: str) -> None:
        if deployment_id != "d1":
            raise NotFound(f"no replica of {deployment_id!r} is live on this node")

    table = terminal_table(sessions, callers, own_account(), check_deployment)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sessions.run())
        server = OwnServer([table])
        address = f"{host}:{server.bind(host, 0, credentials)}"
        await server.start()
        try:
            async with grpc.aio.insecure_channel(address) as channel:
                yield Bench(address, terminal_pb2_grpc.TerminalServiceStub(channel), callers, sessions)
        finally:
            await sessions.close()
            await server.stop()
