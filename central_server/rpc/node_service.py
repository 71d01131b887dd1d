"""NodeLink: takes in the streams of nodes, gives each its session, and forgets it when it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from central_server.ports import Artifacts, TelemetrySink
from central_server.requests.caller import Caller
from central_server.rpc.context import Context
from central_server.rpc.live_sessions import LiveSessions
from central_server.rpc.node_session import NodeSession
from central_server.rpc.telemetry_session import TelemetrySession
from central_server.scheduler.events import Event
from shared.identifiers import new_session_id


class NodeService:
    """The two streams of `link.proto`."""

    def __init__(
        self,
        sessions: LiveSessions,
        *,
        tell: Callable[[Event], Awaitable[None]],
        artifacts: Artifacts,
        telemetry: TelemetrySink,
    ) -> None:
        self._sessions = sessions
        self._tell = tell
        self._artifacts = artifacts
        self._telemetry = telemetry

    async def control(self, context: Context, _caller: Caller) -> None:
        """Serve a control stream."""
        session = NodeSession(new_session_id(), tell=self._tell, has_artifact=self._artifacts.has)
        self._sessions.add(session)
        try:
            await session.serve(context)
        finally:
            self._sessions.discard(session)

    async def telemetry(self, context: Context, _caller: Caller) -> None:
        """Serve a telemetry stream."""
        await TelemetrySession(self._telemetry, self._sessions.is_open).serve(context)
