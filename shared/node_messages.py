"""What a node and the central server say to each other, as records the pure cores can hold.

The protobuf twins live in `link.proto`; `node_message_wire` converts, at the edge and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.identifiers import AttemptKey
from shared.job_spec import JobSpec
from shared.lifecycle import AttemptState
from shared.model_definition.graph import LayerSummary

PROTOCOL_VERSION = 1
"""Both ends must speak the same; the server closes a stream that says another."""


class DeviceKind(StrEnum):
    """What a device is, as job files name it."""

    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Device:
    """One CPU or GPU of a node; sizes in bytes, unknown numbers are 0 and unknown texts empty.

    Attributes:
        device_id: stable on the node, such as `cpu:0` or `cuda:1`.
        compute_units: usable cores of a CPU, streaming multiprocessors of a GPU.
        memory_total_bytes: RAM of the machine (or its cgroup) for a CPU, the card's memory for a GPU.
    """

    device_id: str
    kind: DeviceKind
    name: str
    memory_total_bytes: int
    memory_available_bytes: int
    compute_units: int
    supports_fp64: bool = True
    supports_fp16: bool = True
    uuid: str = ""
    driver_version: str = ""
    cuda_version: str = ""
    pcie_generation: int = 0
    pcie_lanes: int = 0
    compute_capability: float = 0.0


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """What a node is and can take.

    Attributes:
        slots: how many attempts may run at once.
        is_ready: False while JAX is loading; nothing is placed there yet.
        fingerprint: must be equal for a resumed run to give the same bits.
        capacity_bytes: memory that can be promised to attempts, by device id.
        allows_user_code: whether models that users wrote in Python may run there.
        serving_address: `host:port` of the node's own gRPC server; empty when it has none.
        serving_http_address: the URL of its HTTP server; empty when it has none.
        terminal_address: `host:port` where its terminals are opened; empty when it offers none.
    """

    devices: tuple[Device, ...]
    cpu_cores: int
    ram_total_bytes: int
    ram_available_bytes: int
    slots: int
    is_ready: bool
    software_version: str
    fingerprint: str
    capacity_bytes: Mapping[str, int]
    allows_user_code: bool = False
    serving_address: str = ""
    serving_http_address: str = ""
    terminal_address: str = ""


class HeldState(StrEnum):
    """What a node says of an attempt when it connects."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    INTERRUPTED = "interrupted"
    """Begun by an earlier process of this node, which died."""


class Verdict(StrEnum):
    """What the server answers about each held attempt."""

    KEEP = "keep"
    STOP = "stop"
    FORGET = "forget"


class StopMode(StrEnum):
    """How an attempt is to stop."""

    CANCEL = "cancel"
    CHECKPOINT = "checkpoint"
    ABANDON = "abandon"
    """Fenced: stop, and say nothing more about it."""


class Outcome(StrEnum):
    """How an attempt ended, in the node's words."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PREEMPTED = "preempted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class HeldAttempt:
    """One attempt a connecting node knows of."""

    key: AttemptKey
    state: HeldState
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One uploaded file of a result: its name, SHA-256 in hex, size in bytes."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint that lies, or is about to lie, among the server's artifacts: SHA-256 in hex, size in bytes.

    Attributes:
        step: finished steps.
        fingerprint: of the device that made it; a device with an equal one goes on with the same bits.
    """

    sha256: str
    size_bytes: int
    step: int
    fingerprint: str = ""


# ---- node to server


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a control stream.

    Attributes:
        process_id: made anew by each node process; tells a restart from a reconnect.
    """

    node_id: str
    name: str
    protocol_version: int
    process_id: str
    description: NodeDescription
    held: tuple[HeldAttempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """I am here, these attempts run here; renew their leases."""

    sequence: int
    attempts: tuple[AttemptKey, ...]
    ram_available_bytes: int


@dataclass(frozen=True, slots=True)
class NodeChanged:
    """Devices, memory or readiness changed."""

    description: NodeDescription


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """An attempt moved to STARTING or RUNNING, or its memory became known (0: unknown).

    Attributes:
        first_step_at_ms: node's wall clock at the end of the first step; 0 when not reported.
    """

    key: AttemptKey
    state: AttemptState
    memory_bytes: int = 0
    resumed_from_step: int = 0
    first_step_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The last word about an attempt; repeated until acknowledged.

    Attributes:
        error_code: a `shared.errors` code when it failed or was declined, else empty.
        checkpoint_step: the last step a checkpoint on this node holds; 0 for none.
        checkpoint: where another node can go on; uploaded before this is said.
    """

    key: AttemptKey
    outcome: Outcome
    error_code: str = ""
    message: str = ""
    files: tuple[ResultFile, ...] = ()
    final_metrics: Mapping[str, float] = field(default_factory=dict)
    step: int = 0
    epoch: int = 0
    steps_total: int = 0
    compute_seconds: float = 0.0
    checkpoint_step: int = 0
    checkpoint: StoredCheckpoint | None = None


@dataclass(frozen=True, slots=True)
class CheckpointStored:
    """A checkpoint of a running attempt has been uploaded; said again on each new stream, the newest alone."""

    key: AttemptKey
    checkpoint: StoredCheckpoint


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """What a node's compiler says a job would need, or why it cannot run (`error_code` not empty).

    Attributes:
        layers: as they would be computed, implied ones included.
    """

    request_id: str
    memory_bytes: int = 0
    flops_per_step: float = 0.0
    error_code: str = ""
    message: str = ""
    field: str = ""
    layers: tuple[LayerSummary, ...] = ()


NodeMessage = Hello | Heartbeat | NodeChanged | AttemptReport | AttemptEnded | CheckpointStored | PlanAnswer


# ---- server to node


@dataclass(frozen=True, slots=True)
class HeldVerdict:
    """What becomes of one held attempt."""

    key: AttemptKey
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to Hello: the session, its timing, and a verdict for each held attempt."""

    session_id: str
    lease_seconds: float
    heartbeat_seconds: float
    verdicts: tuple[HeldVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class HeartbeatAck:
    """The leases named in that heartbeat run anew from when it was sent."""

    sequence: int


@dataclass(frozen=True, slots=True)
class OfferAttempt:
    """Run this: the devices are promised for `lease_seconds`, renewed by heartbeats.

    Attributes:
        weight: its share of a device that others hold too, beside their weights.
        checkpoint: the newest one that the server has of the job; a node with one as new goes on from its own.
        traceparent: what the job's spans belong to; empty when nobody follows it.
    """

    key: AttemptKey
    spec: JobSpec
    device_ids: tuple[str, ...]
    memory_bytes: int
    lease_seconds: float
    weight: int = 1
    checkpoint: StoredCheckpoint | None = None
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class StopAttempt:
    """Stop this attempt in the given mode."""

    key: AttemptKey
    mode: StopMode
    reason: str


@dataclass(frozen=True, slots=True)
class EndAcknowledged:
    """The end of this attempt is durable on the server; the node may forget it."""

    key: AttemptKey


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """Compile this on abstract shapes and say what it needs; run nothing."""

    request_id: str
    spec: JobSpec


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The server closes this stream."""

    code: str
    message: str


ServerMessage = Welcome | HeartbeatAck | OfferAttempt | StopAttempt | EndAcknowledged | PlanRequest | Goodbye
