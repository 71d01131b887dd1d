"""`TerminalService`: opens sessions, carries their bytes, resizes and closes them. What one is, `session` knows."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from server_node.own_services.service_table import Context, ServiceTable
from server_node.ports import CallerPort, CheckedCaller
from server_node.terminal.conversation import Conversation
from server_node.terminal.program import Account, Program, chosen_program
from server_node.terminal.rules import checked_size
from server_node.terminal.session import Session
from server_node.terminal.session_table import SessionTable
from shared.errors import CyxWizError
from shared.pb import common_pb2, terminal_pb2
from shared.permissions import Permission

SERVICE = "cyxwiz.protocol.TerminalService"
STREAM = "StreamTerminal"
NEEDED = Permission.TERMINAL


class TerminalService:
    """The four rpcs.

    Args:
        table: what the service is entered in.
        sessions: those there are.
        account: whom sessions run as.
        check_deployment: raises `NotFound` for a deployment that is not served here.
    """

    def __init__(
        self,
        table: ServiceTable,
        sessions: SessionTable,
        account: Account,
        check_deployment: Callable[[str], object],
    ) -> None:
        self._table = table
        self._sessions = sessions
        self._account = account
        self._check_deployment = check_deployment

    async def create(
        self, request: terminal_pb2.CreateTerminalSessionRequest, _context: Context, caller: CheckedCaller
    ) -> terminal_pb2.CreateTerminalSessionResponse:
        """Begin a session; a refusal is in the audit log."""
        try:
            session = await self._open(request, caller)
        except CyxWizError as refusal:
            await self._sessions.refused(caller, request.deployment_id, refusal)
            raise
        return terminal_pb2.CreateTerminalSessionResponse(
            status=common_pb2.STATUS_SUCCESS, session=_session_message(session)
        )

    async def resize(
        self, request: terminal_pb2.TerminalResize, _context: Context, caller: CheckedCaller
    ) -> terminal_pb2.SimpleResponse:
        """Change how large a terminal is."""
        self._sessions.find(request.session_id, caller).resize(checked_size(request.rows, request.cols))
        return terminal_pb2.SimpleResponse(status=common_pb2.STATUS_SUCCESS)

    async def close(
        self, request: terminal_pb2.CloseTerminalSessionRequest, _context: Context, caller: CheckedCaller
    ) -> terminal_pb2.CloseTerminalSessionResponse:
        """End a session, and answer when nothing of it runs any more."""
        session = self._sessions.find(request.session_id, caller)
        session.end("its caller closed it")
        await session.over.wait()
        return terminal_pb2.CloseTerminalSessionResponse(status=common_pb2.STATUS_SUCCESS)

    async def stream(self, context: Context, caller: CheckedCaller) -> None:
        """Carry the bytes of one session until it is over."""

        async def check_again() -> None:
            await self._table.admit(STREAM, NEEDED, context)

        await Conversation(context, lambda session_id: self._sessions.find(session_id, caller), check_again).run()

    async def _open(self, request: terminal_pb2.CreateTerminalSessionRequest, caller: CheckedCaller) -> Session:
        if request.deployment_id:
            self._check_deployment(request.deployment_id)
        size = checked_size(request.rows, request.cols)
        return await self._sessions.open(caller, request.deployment_id, self._program(request), size)

    def _program(self, request: terminal_pb2.CreateTerminalSessionRequest) -> Program:
        program = chosen_program(
            self._sessions.rules.command,
            request.command,
            request.terminal_type,
            account=self._account,
            environment=os.environ,
        )
        return replace(program, hides_input=request.hides_input)


def terminal_table(
    sessions: SessionTable, callers: CallerPort, account: Account, check_deployment: Callable[[str], object]
) -> ServiceTable:
    """Return what the node's own server serves of this."""
    table = ServiceTable(SERVICE, callers)
    service = TerminalService(table, sessions, account, check_deployment)
    table.unary("CreateSession", NEEDED, terminal_pb2.CreateTerminalSessionRequest, service.create)
    table.conversation(STREAM, NEEDED, service.stream)
    table.unary("ResizeTerminal", NEEDED, terminal_pb2.TerminalResize, service.resize)
    table.unary("CloseSession", NEEDED, terminal_pb2.CloseTerminalSessionRequest, service.close)
    return table


def _session_message(session: Session) -> terminal_pb2.TerminalSession:
    return terminal_pb2.TerminalSession(
        session_id=session.session_id,
        deployment_id=session.deployment_id,
        user_id=session.owner.user_id,
        status=terminal_pb2.TERMINAL_SESSION_CLOSED if session.reason else terminal_pb2.TERMINAL_SESSION_ACTIVE,
        created_at=session.created_ms // 1000,
        last_activity=session.last_activity_ms // 1000,
        rows=session.size.rows,
        cols=session.size.columns,
    )
