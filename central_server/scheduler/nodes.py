"""What the central server knows of a node: who it is, what it has, and whether it is here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.node_messages import NodeDescription


class NodeState(StrEnum):
    """How a node stands, as people see it."""

    WARMING_UP = "warming_up"
    READY = "ready"
    DRAINING = "draining"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One node. Stored when it is first seen and when its description changes, so that offline nodes are listed.

    Attributes:
        session_id: the open control stream, empty when there is none.
        process_id: the node process that last said Hello.
        drain_seconds: how long what runs may go on after the node was told to drain.
        last_seen_seconds: monotonic seconds of the last word from it.
        last_seen_ms: the same moment for people.
    """

    node_id: str
    name: str
    description: NodeDescription
    session_id: str = ""
    process_id: str = ""
    is_draining: bool = False
    drain_seconds: float = 0.0
    last_seen_seconds: float = 0.0
    last_seen_ms: int = 0
    jobs_completed: int = 0
    compute_seconds: float = 0.0

    @property
    def state(self) -> NodeState:
        """The state people see."""
        if not self.session_id:
            return NodeState.OFFLINE
        if self.is_draining:
            return NodeState.DRAINING
        return NodeState.READY if self.description.is_ready else NodeState.WARMING_UP
