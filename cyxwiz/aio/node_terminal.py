"""A terminal on a node, from the caller's side: bytes both ways, resizing, and how it ended. It draws nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc.aio

from cyxwiz.aio.connection import dial_node
from cyxwiz.aio.node_door import NodeDoor
from cyxwiz.aio.rpc_errors import error_from_rpc
from cyxwiz.errors import CyxWizError, ServerNotTrusted, ServerUnreachable
from shared.pb import terminal_pb2, terminal_pb2_grpc

_CALL_SECONDS = 15.0
_PIECE_BYTES = 64 * 1024


class NodeTerminal:
    """An open session; made by `open_terminal`.

    Attributes:
        session_id: the node's name for it.
        exit_code: of its program, once it is over.
        reason: why it is over, as the node says; empty before.
    """

    def __init__(self, session_id: str, stub: terminal_pb2_grpc.TerminalServiceAsyncStub, door: NodeDoor) -> None:
        self.session_id = session_id
        self.exit_code = 0
        self.reason = ""
        self._stub = stub
        self._door = door
        self._call = stub.StreamTerminal(metadata=door.metadata)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what the program writes, until the session is over."""
        try:
            async for message in self._call:
                if message.is_eof:
                    self.exit_code, self.reason = message.exit_code, message.reason
                    return
                yield message.data
        except grpc.aio.AioRpcError as error:
            raise _error(error, self._door) from None
        raise ServerUnreachable(f"the node at {self._door.address} ended the terminal without a word")

    async def write(self, data: bytes) -> None:
        """Give input to the program; waits while that takes none. What comes after its end is dropped."""
        for start in range(0, len(data), _PIECE_BYTES):
            await self._send(terminal_pb2.TerminalData(data=data[start : start + _PIECE_BYTES]))

    async def end_input(self) -> None:
        """Say that no more input comes."""
        await self._send(terminal_pb2.TerminalData(is_eof=True))

    async def resize(self, rows: int, columns: int) -> None:
        """Tell the program how large the terminal is now.

        Raises:
            NotFound: the session is over.
        """
        request = terminal_pb2.TerminalResize(session_id=self.session_id, rows=rows, cols=columns)
        try:
            await self._stub.ResizeTerminal(request, metadata=self._door.metadata, timeout=_CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise _error(error, self._door) from None

    async def attach(self) -> None:
        """Open the stream."""
        await self._send(terminal_pb2.TerminalData())

    def leave(self) -> None:
        """End the session, with all that it started."""
        self._call.cancel()

    async def _send(self, message: terminal_pb2.TerminalData) -> None:
        message.session_id = self.session_id
        try:
            await self._call.write(message)
        except (grpc.aio.AioRpcError, grpc.aio.UsageError):
            return  # it is over, which whoever reads is told, with the reason


@asynccontextmanager
async def open_terminal(
    door: NodeDoor,
    *,
    command: str = "",
    rows: int = 0,
    columns: int = 0,
    terminal_type: str = "",
    hides_input: bool = False,
) -> AsyncIterator[NodeTerminal]:
    """Open a session, which ends with the block.

    Args:
        door: where.
        command: run by the shell there; empty for an interactive shell, or what the node's operator chose.
        rows: of the terminal; 0, with 0 columns, for the usual size.
        columns: of the terminal.
        terminal_type: the TERM of whoever shows it; empty for the usual one.
        hides_input: begin without echo, for input that nobody types.

    Raises:
        NotAllowed: it takes the permission `terminal`, which operators have.
        OverQuota: the node has as many terminals as it may.
        ServerUnreachable: the node does not answer, or cannot ask the central server.
    """
    async with dial_node(door.address, node_id=door.node_id, tls=door.tls) as channel:
        stub: terminal_pb2_grpc.TerminalServiceAsyncStub = terminal_pb2_grpc.TerminalServiceStub(channel)
        request = terminal_pb2.CreateTerminalSessionRequest(
            command=command, rows=rows, cols=columns, terminal_type=terminal_type, hides_input=hides_input
        )
        try:
            answer = await stub.CreateSession(request, metadata=door.metadata, timeout=_CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise _error(error, door) from None
        terminal = NodeTerminal(answer.session.session_id, stub, door)
        try:
            await terminal.attach()
            yield terminal
        finally:
            terminal.leave()


def _error(error: grpc.aio.AioRpcError, door: NodeDoor) -> CyxWizError:
    told = error_from_rpc(error, address=door.address, speaks_tls=door.tls is not None)
    if isinstance(told, ServerUnreachable) and not isinstance(told, ServerNotTrusted):
        return ServerUnreachable(f"node {door.node_id} does not answer at {door.address}: {error.details()}")
    return told
