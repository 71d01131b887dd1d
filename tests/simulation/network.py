"""One control stream between a node and the server: ordered both ways, slow at times, cut or half-open at will."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.node_messages import NodeMessage, ServerMessage
from tests.simulation.clockwork import Clockwork


@dataclass(slots=True)
class _Direction:
    """Messages one way. `arrives_seconds` keeps them in order; a hushed one swallows what it is given."""

    arrives_seconds: float = 0.0
    is_hushed: bool = False


@dataclass(slots=True, eq=False)
class Wire:
    """An open stream.

    Attributes:
        session_id: the server's name for it.
        link: the node's name for it.
        slowness_seconds: the longest a message is under way.
    """

    clockwork: Clockwork
    chance: random.Random
    session_id: str
    link: int
    to_server: Callable[[NodeMessage], None]
    to_node: Callable[[ServerMessage], None]
    at_server_end: Callable[[], None]
    at_node_end: Callable[[], None]
    slowness_seconds: float = 0.05
    is_open: bool = True
    up: _Direction = field(default_factory=_Direction)
    down: _Direction = field(default_factory=_Direction)

    def send_up(self, message: NodeMessage) -> None:
        """Carry a node's message."""
        self._carry(self.up, lambda: self.to_server(message))

    def send_down(self, message: ServerMessage) -> None:
        """Carry the server's message."""
        self._carry(self.down, lambda: self.to_node(message))

    def hush(self, *, up: bool, down: bool) -> None:
        """Let nothing more arrive in these directions; neither end is told."""
        self.up.is_hushed |= up
        self.down.is_hushed |= down

    def cut(self) -> None:
        """Break the stream; both ends learn of it a little later, unless it was half-open for them."""
        if not self.is_open:
            return
        self.is_open = False
        for end in (self.at_server_end, self.at_node_end):
            self.clockwork.after(self.chance.uniform(0.0, self.slowness_seconds), end)

    def _carry(self, direction: _Direction, deliver: Callable[[], None]) -> None:
        if not self.is_open or direction.is_hushed:
            return
        soonest = self.clockwork.seconds + self.chance.uniform(0.0, self.slowness_seconds)
        direction.arrives_seconds = max(direction.arrives_seconds, soonest)

        def arrive() -> None:
            if self.is_open and not direction.is_hushed:
                deliver()

        self.clockwork.after(direction.arrives_seconds - self.clockwork.seconds, arrive)
