"""NodeLink: takes in the streams of nodes, gives each its session, and forgets it when it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from central_server.ports import Artifacts, TelemetrySink
from central_server.requests.caller import Caller
from central_server.rpc.context import Context
from central_server.rpc.live_sessions import LiveSessions
from central_server.rpc.node_session import Certified, NodeSession
from central_server.rpc.telemetry_session import TelemetrySession
from central_server.scheduler.events import Event
from shared.errors import NotPermitted
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
        needs_certificate: bool = False,
    ) -> None:
        self._sessions = sessions
        self._tell = tell
        self._artifacts = artifacts
        self._telemetry = telemetry
        self._needs_certificate = needs_certificate

    async def control(self, context: Context, caller: Caller) -> None:
        """Serve a control stream; who shows a certificate says Hello under the node_id in it."""
        self._check_certificate(caller)
        session = NodeSession(
            new_session_id(),
            tell=self._tell,
            has_artifact=self._artifacts.has,
            certified=Certified(caller.node_id, caller.certificate_serial),
        )
        self._sessions.add(session)
        try:
            await session.serve(context)
        finally:
            self._sessions.discard(session)

    async def telemetry(self, context: Context, caller: Caller) -> None:
        """Serve a telemetry stream; who shows a certificate tells of the node in it alone."""
        self._check_certificate(caller)

        def is_open(session_id: str, node_id: str) -> bool:
            return caller.node_id in {"", node_id} and self._sessions.is_open(session_id, node_id)

        await TelemetrySession(self._telemetry, is_open).serve(context)

    def _check_certificate(self, caller: Caller) -> None:
        if self._needs_certificate and not caller.node_id:
            raise NotPermitted(
                "this server takes nodes that show a certificate: give this one a join token (cyxwiz token join) "
                "with --join-token-file, and --ca"
            )
