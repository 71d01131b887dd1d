"""What the SDK hands out about deployments: frozen records whose names are the keys of their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.pb import deployment_pb2, inference_pb2

_PREFIX = "DEPLOYMENT_STATUS_"


@dataclass(frozen=True, slots=True)
class ReplicaInfo:
    """One replica of a deployment.

    Attributes:
        is_ready: whether it answers, and callers are to go there.
        generation: which of the deployment's models it serves.
        address: `host:port` of the gRPC server that answers; empty before it has a place.
        reason: why it does not answer.
        requests: what it has answered since it started.
        queue_rows: rows that wait.
    """

    job_id: str
    state: str
    is_ready: bool
    generation: int
    node_id: str
    address: str
    http_address: str
    reason: str
    requests: int
    latency_ms: float
    rows_per_second: float
    queue_rows: int


@dataclass(frozen=True, slots=True)
class DeploymentInfo:
    """One deployment at one moment; times in Unix milliseconds, None until they happen.

    Attributes:
        state: pending, provisioning, loading, ready, running, stopped, failed or terminated.
        message: why not everything is as it should be; empty when it is.
        source: the job, or the file, that its model is from.
        generation: 1, and one more with each model that took the place of another.
        replicas: those to which callers are to go first.
    """

    deployment_id: str
    name: str
    user_id: str
    state: str
    message: str
    source: str
    generation: int
    replicas_wanted: int
    replicas: tuple[ReplicaInfo, ...]
    total_requests: int
    latency_ms: float
    created_at_ms: int
    started_at_ms: int | None
    stopped_at_ms: int | None

    @property
    def ready(self) -> tuple[ReplicaInfo, ...]:
        """The replicas to which callers are to go, the best first."""
        return tuple(replica for replica in self.replicas if replica.is_ready)

    @property
    def is_complete(self) -> bool:
        """Whether as many replicas of its newest model answer as are wanted."""
        return sum(one.generation == self.generation for one in self.ready) >= self.replicas_wanted


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of a model; `shape` is one row's."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class ServedModelInfo:
    """What a deployed model takes and gives, in order.

    Attributes:
        columns: names of the numbers of one row, where it was trained on a table with a header.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    columns: tuple[str, ...] = ()


def deployment_info_from_wire(message: deployment_pb2.Deployment) -> DeploymentInfo:
    """Return everything the server said about a deployment."""
    from shared.pb import deployment_pb2  # noqa: PLC0415  # whoever deploys nothing does not load it

    return DeploymentInfo(
        deployment_id=message.deployment_id,
        name=message.name,
        user_id=message.config.user_id,
        state=deployment_pb2.DeploymentStatus.Name(message.status).removeprefix(_PREFIX).lower(),
        message=message.status_message,
        source=message.config.model.job_id or message.config.model.source_url,
        generation=message.generation,
        replicas_wanted=message.config.replicas,
        replicas=tuple(map(_replica, message.replicas)),
        total_requests=message.total_requests,
        latency_ms=message.avg_latency_ms,
        created_at_ms=message.created_at_ms,
        started_at_ms=message.started_at * 1000 or None,
        stopped_at_ms=message.stopped_at * 1000 or None,
    )


def model_info_from_wire(message: inference_pb2.GetModelInfoResponse) -> ServedModelInfo:
    """Return what a node said of a model."""
    from cyxwiz.tensor_wire import spec_from_wire  # noqa: PLC0415  # loads numpy

    return ServedModelInfo(
        tuple(map(spec_from_wire, message.input_specs)),
        tuple(map(spec_from_wire, message.output_specs)),
        tuple(message.input_columns),
    )


def _replica(replica: deployment_pb2.DeploymentReplica) -> ReplicaInfo:
    return ReplicaInfo(
        job_id=replica.job_id,
        state=replica.state,
        is_ready=replica.is_ready,
        generation=replica.generation,
        node_id=replica.node_id,
        address=replica.address,
        http_address=replica.http_address,
        reason=replica.reason,
        requests=replica.requests,
        latency_ms=replica.latency_ms,
        rows_per_second=replica.rows_per_second,
        queue_rows=replica.queue_rows,
    )
