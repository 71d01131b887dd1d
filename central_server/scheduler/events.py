"""Everything that can happen to the cluster. Names are in the past tense; only `Cluster.handle` consumes them."""

from __future__ import annotations

from dataclasses import dataclass

from shared.job_spec import JobSpec
from shared.node_messages import Hello, NodeMessage


@dataclass(frozen=True, slots=True)
class Now:
    """The moment an event is handled at.

    Attributes:
        seconds: monotonic; every decision uses this one.
        unix_ms: wall clock, for what people see.
    """

    seconds: float
    unix_ms: int


@dataclass(frozen=True, slots=True)
class SubmitRequested:
    """Somebody wants a job to run; the spec has been checked. `job_id` is already made or chosen by the client.

    Attributes:
        met: those of the spec's `after` that are known to have succeeded already.
        traceparent: kept with the job for those who follow its way; nothing is decided by it.
    """

    request_id: str
    job_id: str
    spec: JobSpec
    content_digest: str
    met: frozenset[str] = frozenset()
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """Somebody wants a job ended."""

    request_id: str
    job_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PauseRequested:
    """Somebody wants a job to save itself and wait."""

    request_id: str
    job_id: str


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    """Somebody wants a paused job to go on."""

    request_id: str
    job_id: str


@dataclass(frozen=True, slots=True)
class DeleteRequested:
    """Somebody wants a job gone; a running one is cancelled first."""

    request_id: str
    job_id: str


@dataclass(frozen=True, slots=True)
class ExpiryRequested:
    """Jobs that ended some time ago are to be forgotten; what has not ended, or is still named, stays."""

    request_id: str
    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanRequested:
    """Somebody asks what a job would need; a ready node is to compile it."""

    request_id: str
    spec: JobSpec


@dataclass(frozen=True, slots=True)
class DrainRequested:
    """Somebody wants a node emptied: what runs there may finish within so many seconds, and moves then."""

    request_id: str
    node_id: str
    within_seconds: float


@dataclass(frozen=True, slots=True)
class UndrainRequested:
    """Somebody wants a node to take work again."""

    request_id: str
    node_id: str


@dataclass(frozen=True, slots=True)
class NodeConnected:
    """A node opened a control stream and said Hello."""

    session_id: str
    hello: Hello


@dataclass(frozen=True, slots=True)
class NodeDisconnected:
    """A control stream ended, for whatever reason."""

    session_id: str


@dataclass(frozen=True, slots=True)
class NodeSaid:
    """A message other than Hello came on a control stream."""

    session_id: str
    message: NodeMessage


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; deadlines may have come."""


Event = (
    SubmitRequested
    | CancelRequested
    | PauseRequested
    | ResumeRequested
    | DeleteRequested
    | ExpiryRequested
    | PlanRequested
    | DrainRequested
    | UndrainRequested
    | NodeConnected
    | NodeDisconnected
    | NodeSaid
    | Tick
)
