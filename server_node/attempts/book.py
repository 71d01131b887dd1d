"""All the core's memory in one place: who this node is, which link stands, what it holds. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from server_node.attempts.held import Held
from server_node.attempts.instructions import Instruction, Send
from shared.identifiers import AttemptKey
from shared.node_messages import NodeDescription, NodeMessage


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """Who this node is; `process_id` is made anew by each process."""

    node_id: str
    name: str
    process_id: str


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """Waits of the core, in seconds.

    Attributes:
        resend_seconds: an end that was not acknowledged is said again after this.
        silence_share: the share of a lease after which a server that says nothing is given up.
        lease_margin_share: the share of a lease kept for stopping before the server's deadline.
    """

    resend_seconds: float = 5.0
    silence_share: float = 0.5
    lease_margin_share: float = 0.2


@dataclass(slots=True)
class Link:
    """One control stream. `session_id` is empty until the server has welcomed it.

    Attributes:
        asked_seconds: what comes on this link now was said after the server had heard what we sent at that moment.
        beats: heartbeats not acknowledged yet: sequence → (when sent, the attempts it named).
    """

    number: int
    opened_seconds: float
    heard_seconds: float
    asked_seconds: float
    session_id: str = ""
    lease_seconds: float = 0.0
    heartbeat_seconds: float = 0.0
    next_beat_seconds: float = 0.0
    sequence: int = 0
    beats: dict[int, tuple[float, tuple[AttemptKey, ...]]] = field(default_factory=dict)


@dataclass(slots=True)
class NodeBook:
    """The core's whole state; functions of this package change it, nobody else does."""

    identity: NodeIdentity
    description: NodeDescription
    settings: CoreSettings
    attempts: dict[AttemptKey, Held] = field(default_factory=dict)
    link: Link | None = None
    is_shutting_down: bool = False
    wedged_reason: str = ""
    has_exited: bool = False

    @property
    def takes_work(self) -> bool:
        """Whether an offer may be accepted now."""
        return self.description.is_ready and not self.is_shutting_down and not self.wedged_reason

    def say(self, *messages: NodeMessage) -> list[Instruction]:
        """Return the sends for a welcomed link; nothing when there is none."""
        if self.link is None or not self.link.session_id:
            return []
        return [Send(self.link.number, message) for message in messages]

    def of_job(self, job_id: str) -> Iterator[Held]:
        """Give the attempts of one job in the order they came."""
        return (held for held in self.attempts.values() if held.key.job_id == job_id)

    def with_thread(self) -> Iterable[Held]:
        """Return the attempts that occupy a device."""
        return [held for held in self.attempts.values() if held.has_thread]
