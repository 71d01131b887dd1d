"""The open control streams by their session ids: the control loop's way to nodes. It decides nothing."""

from __future__ import annotations

from central_server.rpc.node_session import Ending, NodeSession
from shared.node_messages import ServerMessage


class LiveSessions:
    """A `Sessions` port over open streams."""

    def __init__(self) -> None:
        self._sessions: dict[str, NodeSession] = {}

    def __len__(self) -> int:
        """Return how many streams are open."""
        return len(self._sessions)

    def add(self, session: NodeSession) -> None:
        """Know a stream from now on."""
        self._sessions[session.session_id] = session

    def discard(self, session: NodeSession) -> None:
        """Forget a stream."""
        self._sessions.pop(session.session_id, None)

    def is_open(self, session_id: str, node_id: str) -> bool:
        """Tell whether this is an open stream of that node."""
        session = self._sessions.get(session_id)
        return session is not None and session.is_open and session.node_id == node_id

    def send(self, session_id: str, message: ServerMessage) -> None:
        """Put a message on a stream; a stream that is gone is passed over, its end is on its way as an event."""
        if session := self._sessions.get(session_id):
            session.send(message)

    def close(self, session_id: str, code: str, message: str) -> None:
        """End one stream with a Goodbye."""
        if session := self._sessions.get(session_id):
            session.end(Ending(code, message))

    def close_node(self, node_id: str, code: str, message: str) -> None:
        """End the streams of one node with a Goodbye."""
        for session in [session for session in self._sessions.values() if session.node_id == node_id]:
            session.end(Ending(code, message))

    def close_certificate(self, serial: str, code: str, message: str) -> None:
        """End the streams that began with this certificate."""
        for session in [session for session in self._sessions.values() if session.certificate_serial == serial]:
            session.end(Ending(code, message))

    def close_all(self, code: str, message: str) -> None:
        """End every stream with a Goodbye."""
        for session in list(self._sessions.values()):
            session.end(Ending(code, message))
