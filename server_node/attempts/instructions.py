"""Everything the node's core can want done. Names are imperative; the control loop obeys, journal records first."""

from __future__ import annotations

from dataclasses import dataclass

from shared.identifiers import AttemptKey
from shared.node_messages import AttemptEnded, NodeMessage, OfferAttempt, PlanRequest, StopMode


@dataclass(frozen=True, slots=True)
class RecordBegun:
    """Journal that an attempt is about to start."""

    key: AttemptKey


@dataclass(frozen=True, slots=True)
class RecordEnded:
    """Journal an attempt's last word: from here on it stands."""

    ended: AttemptEnded


@dataclass(frozen=True, slots=True)
class RecordForgotten:
    """Journal that nobody will ask for this attempt again."""

    key: AttemptKey


@dataclass(frozen=True, slots=True)
class Send:
    """Say this on the link; dropped when that link has closed meanwhile."""

    link: int
    message: NodeMessage


@dataclass(frozen=True, slots=True)
class OpenTelemetry:
    """The server has welcomed this link: metrics and log lines may flow."""

    session_id: str


@dataclass(frozen=True, slots=True)
class CloseLink:
    """Give this link up and dial anew."""

    link: int
    reason: str


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Begin to run an attempt."""

    offer: OfferAttempt


@dataclass(frozen=True, slots=True)
class StopRunning:
    """Make a running attempt stop; a repeated one may change the mode."""

    key: AttemptKey
    mode: StopMode


@dataclass(frozen=True, slots=True)
class DeliverEnd:
    """Bring the files and telemetry of an ended attempt to the server, then post `EndDeliverable`."""

    ended: AttemptEnded


@dataclass(frozen=True, slots=True)
class DropResult:
    """Remove the result files of an attempt from this node, and stop delivering them."""

    key: AttemptKey


@dataclass(frozen=True, slots=True)
class DropCheckpoint:
    """Remove a job's checkpoint: it will not be resumed."""

    job_id: str


@dataclass(frozen=True, slots=True)
class MakePlan:
    """Compile a job on abstract shapes, then post `PlanMade`."""

    request: PlanRequest


@dataclass(frozen=True, slots=True)
class ExitForSupervisor:
    """End this process with a failure, so that whoever supervises it starts a healthy one."""

    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Log a constant event name with its fields, for a person at 3 a.m."""

    event: str
    fields: tuple[tuple[str, object], ...] = ()


JournalRecord = RecordBegun | RecordEnded | RecordForgotten

Instruction = (
    JournalRecord
    | Send
    | OpenTelemetry
    | CloseLink
    | StartAttempt
    | StopRunning
    | DeliverEnd
    | DropResult
    | DropCheckpoint
    | MakePlan
    | ExitForSupervisor
    | Note
)
