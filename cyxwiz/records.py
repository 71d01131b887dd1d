"""What the SDK hands out about jobs and nodes: frozen records whose names are the keys of the documented JSON.

They hold no connection; a `Job` handle asks anew.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.lifecycle import AttemptState, JobState, job_has_ended


@dataclass(frozen=True, slots=True)
class AttemptInfo:
    """One try of a job; times in Unix milliseconds, None until they happen."""

    number: int
    node_id: str
    state: AttemptState
    reason: str
    started_at_ms: int | None
    ended_at_ms: int | None
    resumed_from_step: int
    placement: str = field(default="", metadata={"in_json": False})


@dataclass(frozen=True, slots=True)
class ResultInfo:
    """Where the weights of a job that succeeded are, and what they scored."""

    weights_uri: str
    weights_sha256: str
    size_bytes: int
    final_metrics: Mapping[str, float]
    compute_seconds: float


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """Why a job failed: a stable code and one sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class JobInfo:
    """Everything about one job at one moment.

    Attributes:
        progress: 0 to 1.
        attempt: number of the current or last attempt; 0 before the first.
        node_id: where it runs or ran last; empty before the first attempt.
        waiting_reason: why a queued job is not running yet; empty otherwise.
        submitted_at_ms: Unix milliseconds, as the other times, which are None until they happen.
        attempts: every attempt, oldest first.
    """

    job_id: str
    name: str
    state: JobState
    reason: str
    waiting_reason: str
    progress: float
    epoch: int
    epochs: int
    step: int
    steps_total: int
    attempt: int
    node_id: str
    priority: str
    labels: Mapping[str, str]
    submitted_at_ms: int | None
    started_at_ms: int | None
    first_step_at_ms: int | None
    ended_at_ms: int | None
    metrics: Mapping[str, float]
    attempts: tuple[AttemptInfo, ...]
    result: ResultInfo | None
    error: ErrorInfo | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more can happen to the job."""
        return job_has_ended(self.state)


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One row of a job's history; its step is fixed by the job, `at_ms` is when the node reported it."""

    step: int
    epoch: int
    at_ms: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a job's log."""

    sequence: int
    at_ms: int
    attempt: int
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One CPU or GPU of a node; sizes in bytes, what was available when the node said so, None when it does not."""

    kind: str
    name: str
    memory_bytes: int
    memory_promised_bytes: int
    memory_available_bytes: int | None = field(default=None, metadata={"in_json": False})


@dataclass(frozen=True, slots=True)
class NodeAttempt:
    """An attempt that a node runs now."""

    job_id: str
    attempt: int
    state: str


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node as the central server last saw it.

    Attributes:
        terminal_address: `host:port` where its terminals are opened; empty when it offers none.
    """

    node_id: str
    name: str
    state: str
    devices: tuple[DeviceInfo, ...]
    attempts: tuple[NodeAttempt, ...]
    last_seen_ms: int | None
    terminal_address: str = field(default="", metadata={"in_json": False})


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The central server as it answered.

    Attributes:
        address: which of several did.
        version: empty when it does not say.
        clock_ms: its clock in Unix milliseconds when it answered; None when it does not say.
        answered_ms: how long the answer took.
    """

    address: str
    version: str
    clock_ms: int | None
    answered_ms: float


@dataclass(frozen=True, slots=True)
class PlannedLayer:
    """One layer of a planned model; `output_shape` is without the batch dimension."""

    name: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """Whether the job fits a node, and why not when it does not."""

    node_id: str
    name: str
    fits: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen to a job; `memory_bytes` is 0 when no node could be asked, and `memory_note` says why."""

    layers: tuple[PlannedLayer, ...]
    parameters: int
    memory_bytes: int
    flops_per_step: float
    nodes: tuple[PlannedNode, ...]
    memory_note: str


def to_json_value(value: object) -> object:
    """Return `value`, records and all, as what `json.dumps` takes; numbers that JSON cannot hold become null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = (part for part in dataclasses.fields(value) if part.metadata.get("in_json", True))
        return {part.name: to_json_value(getattr(value, part.name)) for part in shown}
    if isinstance(value, Mapping):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json_value(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def metric_row_to_json(row: MetricRow) -> dict[str, object]:
    """Return a history row flat: `{step, epoch, at_ms, …values}`."""
    fixed: dict[str, object] = {"step": row.step, "epoch": row.epoch, "at_ms": row.at_ms}
    values = {name: to_json_value(value) for name, value in row.values.items() if name not in fixed}
    return fixed | values
