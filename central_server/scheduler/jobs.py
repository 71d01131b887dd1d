"""What the central server knows of a job and of its attempts, as immutable records.

The core replaces records, the store keeps them whole, the read model shows them. Nothing here decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.identifiers import AttemptKey
from shared.job_spec import JobSpec
from shared.lifecycle import AttemptState, JobState
from shared.node_messages import ResultFile, StoredCheckpoint


class StopIntent(StrEnum):
    """Why a running job is being stopped, which decides what it becomes."""

    CANCEL = "cancel"
    PAUSE = "pause"
    TIMEOUT = "timeout"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try of a job on one node; times in Unix milliseconds, 0 until they happen.

    Attributes:
        placement: what spoke for its place, for people.
    """

    number: int
    node_id: str
    device_ids: tuple[str, ...]
    memory_bytes: int
    state: AttemptState
    reason: str = ""
    offered_at_ms: int = 0
    started_at_ms: int = 0
    ended_at_ms: int = 0
    resumed_from_step: int = 0
    placement: str = ""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a finished job left: its files, its last metrics, and the seconds of training it took."""

    files: tuple[ResultFile, ...]
    final_metrics: Mapping[str, float]
    compute_seconds: float


@dataclass(frozen=True, slots=True)
class JobCheckpoint:
    """Where a job can go on, wherever it runs next: an artifact of this server, and the attempt that made it."""

    attempt: int
    stored: StoredCheckpoint


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed: a stable code of `shared.errors` and one sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job. Times are Unix milliseconds, 0 until they happen.

    Attributes:
        sequence: grows with each accepted job; "first come" means the lower one.
        content_digest: tells a repeated submission from another job under the same id.
        attempts: in the order of their numbers; the last is the current one.
        failures: attempts that ended by the job's own fault.
        losses: attempts that ended without the job's fault (node gone, preempted).
        step: the last step known for certain (at an attempt's end or from its checkpoint); live progress is elsewhere.
        wait_until_ms: not tried again before this (retry backoff); 0 when free to go.
        waits_for: jobs that have to succeed before this one competes for a place.
        checkpoint_node_id: the node that holds the newest checkpoint, empty for none.
        traceparent: what its submission belongs to, for those who follow its way; empty when nobody does.
        checkpoint: the newest one that was uploaded; None once the job has ended, since nothing resumes it then.
    """

    job_id: str
    sequence: int
    spec: JobSpec
    content_digest: str
    state: JobState
    submitted_at_ms: int
    reason: str = ""
    stop_intent: StopIntent | None = None
    attempts: tuple[AttemptRecord, ...] = ()
    started_at_ms: int = 0
    first_step_at_ms: int = 0
    ended_at_ms: int = 0
    failures: int = 0
    losses: int = 0
    step: int = 0
    epoch: int = 0
    steps_total: int = 0
    wait_until_ms: int = 0
    checkpoint_node_id: str = ""
    waits_for: tuple[str, ...] = ()
    checkpoint: JobCheckpoint | None = None
    result: JobResult | None = None
    error: JobError | None = None
    last_metrics: Mapping[str, float] = field(default_factory=dict)
    traceparent: str = ""

    @property
    def current_attempt(self) -> AttemptRecord | None:
        """The last attempt, ended or not; None before the first."""
        return self.attempts[-1] if self.attempts else None

    @property
    def current_key(self) -> AttemptKey | None:
        """The key of the last attempt; None before the first."""
        return AttemptKey(self.job_id, self.attempts[-1].number) if self.attempts else None
