"""A node's own gRPC server with all of its services: a model that doubles its input, and terminals that run `cat`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Event

import grpc.aio
import numpy as np
from google.protobuf.message import Message

from server_node.own_services.own_side import open_own_server
from server_node.ports import CheckedCaller
from server_node.serving.batcher import BatchRules
from server_node.serving.inference_service import inference_table
from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.predicting import Predicting
from server_node.serving.replica import Replica
from server_node.serving.served_model import ModelFace, Rows, ValueSpec
from server_node.terminal.program import own_account
from server_node.terminal.rules import TerminalRules
from server_node.terminal.session_table import SessionTable
from server_node.terminal.terminal_service import terminal_table
from shared.clock import SystemClock
from shared.identifiers import new_session_id
from shared.pb import common_pb2, inference_pb2, terminal_pb2, terminal_pb2_grpc
from shared.permissions import Permission

A_SESSION = "s" * len(new_session_id())
"""Stands in drawn messages for the session that is opened when they are sent; as long as a real one's id."""
RULES = TerminalRules(command=("cat",), idle_seconds=0.5, total_seconds=5.0, sessions=64)
"""Confined: what is drawn must not be run."""


class Anybody:
    """Lets everybody in as one user."""

    async def check(self, authorization: str, host: str, permission: Permission, what: str) -> CheckedCaller:
        return CheckedCaller("somebody", "operator", host=host)

    async def record(
        self, caller: CheckedCaller, action: str, *, subject: str = "", result: str = "ok", detail: str = ""
    ) -> None:
        """Tell nobody."""


class Doubling:
    """Gives twice what it gets, of two inputs that are named and typed differently."""

    memory_bytes = 1
    face = ModelFace(
        (ValueSpec("pixels", (2, 3), np.dtype(np.float32)), ValueSpec("word", (), np.dtype(np.int32))),
        (ValueSpec("doubled", (2, 3), np.dtype(np.float32)),),
    )

    def compute(self, inputs: tuple[Rows, ...]) -> tuple[Rows, ...]:
        """Double the first."""
        return (inputs[0] * 2,)


@dataclass(frozen=True, slots=True)
class ServedByANode:
    """The server and what attackers know of it."""

    channel: grpc.aio.Channel
    terminals: terminal_pb2_grpc.TerminalServiceAsyncStub
    known: Sequence[str]
    honest: Sequence[Message]

    async def open_session(self) -> str:
        """Open a terminal and return its id."""
        answer = await self.terminals.CreateSession(terminal_pb2.CreateTerminalSessionRequest())
        session_id: str = answer.session.session_id
        return session_id


@asynccontextmanager
async def everything_served_by_a_node() -> AsyncIterator[ServedByANode]:
    """Serve until the block ends."""
    live, callers, stop = LiveReplicas(), Anybody(), Event()
    predicting = Predicting(live)
    replica = Replica("known-model", Doubling(), BatchRules(4, 0.0, 64), deliver=predicting.deliver)
    live.add("known-deployment", 1, replica)
    sessions = SessionTable(RULES, callers, clock=SystemClock(), uniform=lambda: 0.5)
    tables = [
        inference_table(predicting, callers),
        terminal_table(sessions, callers, own_account(), live.find),
    ]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sessions.run())
        tasks.create_task(asyncio.to_thread(replica.work, 600, stop.is_set))
        listening = await open_own_server(tables, "127.0.0.1:0")
        async with grpc.aio.insecure_channel(listening.address) as channel:
            stub = terminal_pb2_grpc.TerminalServiceStub(channel)
            yield ServedByANode(channel, stub, ["known-deployment", "known-model", A_SESSION], _honest())
        stop.set()
        await sessions.close()
        await listening.server.stop()


def _honest() -> list[Message]:
    pixels = inference_pb2.TensorData(
        name="pixels", shape=[1, 2, 3], dtype=common_pb2.DATA_TYPE_FLOAT32, data=bytes(24)
    )
    word = inference_pb2.TensorData(name="word", shape=[1], dtype=common_pb2.DATA_TYPE_INT32, data=bytes(4))
    return [
        pixels,
        word,
        inference_pb2.InferRequest(deployment_id="known-deployment", inputs=[pixels, word]),
        inference_pb2.GetModelInfoRequest(deployment_id="known-model"),
        terminal_pb2.CreateTerminalSessionRequest(),
        terminal_pb2.CreateTerminalSessionRequest(deployment_id="known-model", rows=5, cols=5, terminal_type="vt100"),
        terminal_pb2.TerminalData(session_id=A_SESSION, data=b"typed\n"),
        terminal_pb2.TerminalData(session_id=A_SESSION, data=b"\x04\x03\x1a", is_eof=True),
        terminal_pb2.TerminalResize(session_id=A_SESSION, rows=9, cols=9),
        terminal_pb2.CloseTerminalSessionRequest(session_id=A_SESSION),
    ]
