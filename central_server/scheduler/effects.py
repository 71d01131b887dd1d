"""Everything the cluster can want done. The control loop commits a batch's writes, then does the rest in order."""

from __future__ import annotations

from dataclasses import dataclass

from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.nodes import NodeRecord
from shared.errors import CyxWizError
from shared.node_messages import PlanAnswer, ServerMessage

# ---- writes: one transaction a batch


@dataclass(frozen=True, slots=True)
class SaveJob:
    """Keep this record in place of what was there; watchers see it once it is durable."""

    record: JobRecord


@dataclass(frozen=True, slots=True)
class RemoveJob:
    """Forget a job and all that hangs on it (attempts, metrics, logs)."""

    job_id: str


@dataclass(frozen=True, slots=True)
class SaveNode:
    """Keep this node's record."""

    record: NodeRecord


@dataclass(frozen=True, slots=True)
class SaveUse:
    """Keep how many device seconds a user has had lately, faded as of now."""

    user_id: str
    device_seconds: float


Write = SaveJob | RemoveJob | SaveNode | SaveUse

# ---- after the commit


@dataclass(frozen=True, slots=True)
class Send:
    """Put a message on a node's control stream."""

    session_id: str
    message: ServerMessage


@dataclass(frozen=True, slots=True)
class CloseSession:
    """End a control stream with a code and a sentence."""

    session_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a waiting caller: with the job's record as it now is, a node's plan, or nothing (the job is gone)."""

    request_id: str
    value: JobRecord | PlanAnswer | None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell a waiting caller no."""

    request_id: str
    error: CyxWizError


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A node's record changed in a way only the read model needs (connected, promised memory); nothing is stored."""

    record: NodeRecord


@dataclass(frozen=True, slots=True)
class DropArtifact:
    """Nobody needs this artifact, unless some job refers to it all the same: whoever removes it looks first."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Note:
    """One line for the log: a constant event name and fields."""

    event: str
    fields: tuple[tuple[str, str | int | float], ...] = ()
    is_warning: bool = False


Effect = Write | Send | CloseSession | Answer | Refuse | NodeSeen | DropArtifact | Note
