"""Everything that can happen to a node. Names are in the past tense; only `NodeState.handle` consumes them.

A *link* is one open control stream, numbered by the node from 1; words of an older link are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import AttemptEnded, NodeDescription, PlanAnswer, ServerMessage, StoredCheckpoint


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A control stream stands; nothing has been said on it."""

    link: int


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """The server said something on a link."""

    link: int
    message: ServerMessage


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """A control stream ended, for whatever reason."""

    link: int
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptMoved:
    """An attempt's thread got further: its memory is known (STARTING), or its first step is done (RUNNING)."""

    key: AttemptKey
    state: AttemptState
    memory_bytes: int
    resumed_from_step: int
    first_step_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class AttemptStopped:
    """An attempt's thread has really ended and its device is free."""

    ended: AttemptEnded


@dataclass(frozen=True, slots=True)
class EndDeliverable:
    """The files, telemetry and checkpoint of an ended attempt are with the server; its end may be said now."""

    key: AttemptKey
    checkpoint: StoredCheckpoint | None = None


@dataclass(frozen=True, slots=True)
class CheckpointUploaded:
    """A checkpoint of a running attempt is with the server."""

    key: AttemptKey
    checkpoint: StoredCheckpoint


@dataclass(frozen=True, slots=True)
class ResultLost:
    """The files of an ended attempt are gone from this node before they reached the server."""

    key: AttemptKey
    why: str


@dataclass(frozen=True, slots=True)
class AttemptWedged:
    """An attempt was told to stop and its thread did not within its grace."""

    key: AttemptKey
    waited_seconds: float


@dataclass(frozen=True, slots=True)
class DescriptionChanged:
    """Devices, memory or readiness of this node changed (JAX has loaded, for one)."""

    description: NodeDescription


@dataclass(frozen=True, slots=True)
class PlanMade:
    """A plan request has its answer."""

    answer: PlanAnswer


@dataclass(frozen=True, slots=True)
class ShutdownBegan:
    """This process was asked to end."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """A deadline has come; how much RAM is free at this moment rides along."""

    ram_available_bytes: int


Event = (
    LinkOpened
    | MessageArrived
    | LinkClosed
    | AttemptMoved
    | AttemptStopped
    | EndDeliverable
    | CheckpointUploaded
    | ResultLost
    | AttemptWedged
    | DescriptionChanged
    | PlanMade
    | ShutdownBegan
    | Ticked
)
