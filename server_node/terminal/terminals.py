"""The terminals of a node as its settings ask for them: off, or a service with its sessions."""

from __future__ import annotations

from collections.abc import Callable

from server_node.own_services.service_table import ServiceTable
from server_node.ports import CallerPort
from server_node.settings import NodeSettings
from server_node.terminal.program import own_account
from server_node.terminal.rules import TerminalRules
from server_node.terminal.session_table import SessionTable
from server_node.terminal.terminal_service import terminal_table
from shared.clock import Clock


class Terminals:
    """Made in the event loop.

    Args:
        settings: of the node.
        callers: tells who calls, and has sessions written down.
        check_deployment: raises `NotFound` for a deployment that is not served here.

    Attributes:
        tables: what a gRPC server serves of this; empty where terminals are off.
    """

    def __init__(
        self,
        settings: NodeSettings,
        callers: CallerPort,
        *,
        clock: Clock,
        uniform: Callable[[], float],
        check_deployment: Callable[[str], object],
    ) -> None:
        self._sessions = SessionTable(_rules(settings), callers, clock=clock, uniform=uniform)
        self.tables: tuple[ServiceTable, ...] = ()
        if settings.terminal:
            self.tables = (terminal_table(self._sessions, callers, own_account(), check_deployment),)

    async def run(self) -> None:
        """Own the tasks of sessions until closed."""
        await self._sessions.run()

    async def close(self) -> None:
        """End every session with all that it started."""
        await self._sessions.close()


def _rules(settings: NodeSettings) -> TerminalRules:
    return TerminalRules(
        command=settings.terminal_words,
        idle_seconds=settings.terminal_idle_seconds,
        total_seconds=settings.terminal_seconds,
        sessions=settings.terminal_sessions,
    )
