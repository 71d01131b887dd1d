"""What people see of a deployment: how it stands, in a word and a sentence, and where each replica answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from central_server.deployments.controller import DeploymentController
from central_server.deployments.records import DeploymentRecord, Wanted
from central_server.deployments.replica_plan import answers
from central_server.deployments.served_samples import told
from central_server.read_model import ReadModel
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.nodes import NodeRecord
from shared.lifecycle import AttemptState, JobState


class DeploymentState(StrEnum):
    """How a deployment stands."""

    PENDING = "pending"
    PROVISIONING = "provisioning"
    LOADING = "loading"
    READY = "ready"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class ReplicaView:
    """One replica.

    Attributes:
        is_ready: whether it answers, and callers are to go there.
        node: where it is; None before it has a place.
        reason: why it does not answer; empty when it does.
        requests: what it has answered since it started.
    """

    job_id: str
    state: JobState
    is_ready: bool
    generation: int
    node: NodeRecord | None
    reason: str
    requests: int
    latency_ms: float
    rows_per_second: float
    queue_rows: int

    @property
    def node_id(self) -> str:
        """Where it is; empty before it has a place."""
        return self.node.node_id if self.node else ""

    @property
    def address(self) -> str:
        """`host:port` of the gRPC server that answers."""
        return self.node.description.serving_address if self.node else ""

    @property
    def http_address(self) -> str:
        """The same over HTTP; empty where there is none."""
        return self.node.description.serving_http_address if self.node else ""


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """One deployment; its replicas with those first to which callers are to go."""

    record: DeploymentRecord
    state: DeploymentState
    message: str
    replicas: tuple[ReplicaView, ...]
    total_requests: int
    latency_ms: float

    @property
    def ready(self) -> tuple[ReplicaView, ...]:
        """The replicas to which callers are to go, the best first."""
        return tuple(replica for replica in self.replicas if replica.is_ready)


class DeploymentViews:
    """Makes them."""

    def __init__(self, controller: DeploymentController, read_model: ReadModel) -> None:
        self._book = controller.book
        self._controller = controller
        self._read_model = read_model

    def all(self) -> tuple[DeploymentView, ...]:
        """Return every deployment, the oldest first."""
        return tuple(self.of(record) for record in self._book.all())

    def of(self, record: DeploymentRecord) -> DeploymentView:
        """Return what people see of one."""
        mine = [one for one in self._read_model.replicas() if _is_of(one, record)]
        replicas = sorted(map(self._replica, mine), key=_order)
        self._controller.count(record.deployment_id)
        requests, latency_ms = self._controller.samples.totals(record.deployment_id)
        state = _state_of(record, mine, has_answered=requests > 0)
        return DeploymentView(
            record, state, self._message(record, state, replicas), tuple(replicas), requests, latency_ms
        )

    def _replica(self, job: JobRecord) -> ReplicaView:
        attempt = job.current_attempt
        metrics = self._metrics(job)
        node = self._read_model.node(attempt.node_id) if attempt and job.state is not JobState.QUEUED else None
        does_answer = answers(job)
        return ReplicaView(
            job_id=job.job_id,
            state=job.state,
            is_ready=does_answer and not self._controller.is_leaving(job.job_id),
            generation=job.spec.serving.generation if job.spec.serving else 0,
            node=node,
            reason=self._reason(job),
            requests=int(told(metrics, "requests")),
            latency_ms=told(metrics, "latency_ms"),
            rows_per_second=told(metrics, "rows_per_second"),
            queue_rows=int(told(metrics, "queue_rows")),
        )

    def _metrics(self, job: JobRecord) -> Mapping[str, float]:
        """Return what its current attempt says of itself; nothing while it does not answer."""
        seen, attempt = self._read_model.seen_now(job.job_id), job.current_attempt
        if seen is None or seen.progress is None or attempt is None or not answers(job):
            return {}
        return seen.progress.metrics if seen.progress.attempt == attempt.number else {}

    def _reason(self, job: JobRecord) -> str:
        if job.state is JobState.QUEUED:
            return self._read_model.waiting_reason(job.job_id) or job.reason
        if self._controller.is_leaving(job.job_id):
            return "callers are sent to other replicas; it ends shortly"
        return job.reason if job.state is not JobState.RUNNING else ""

    def _message(self, record: DeploymentRecord, state: DeploymentState, replicas: Sequence[ReplicaView]) -> str:
        if record.failure is not None:
            return _failure_sentence(record, replicas)
        if record.wanted is not Wanted.RUNNING:
            return f"{len(replicas)} of its replicas are still ending" if replicas else ""
        ready = sum(replica.is_ready and replica.generation == record.generation for replica in replicas)
        if ready >= record.replicas:
            return ""
        why = next((replica.reason for replica in replicas if replica.reason and not replica.is_ready), "")
        why = why or self._controller.troubles.sentence(record.deployment_id)
        counted = f"{ready} of {record.replicas} replicas answer" if state is not DeploymentState.PENDING else ""
        return ": ".join(filter(None, (counted, why)))


def _failure_sentence(record: DeploymentRecord, replicas: Sequence[ReplicaView]) -> str:
    assert record.failure is not None
    older = sorted({replica.generation for replica in replicas if replica.is_ready} - {record.generation})
    goes_on = f"; generation {older[-1]} goes on" if older else ""
    return f"generation {record.generation} cannot be served: {record.failure.message}{goes_on}"


def _state_of(record: DeploymentRecord, jobs: Sequence[JobRecord], *, has_answered: bool) -> DeploymentState:
    if record.wanted is Wanted.DELETED:
        return DeploymentState.TERMINATED
    if record.wanted is Wanted.STOPPED:
        return DeploymentState.STOPPED
    if any(map(answers, jobs)):
        return DeploymentState.RUNNING if has_answered else DeploymentState.READY
    if record.failure is not None:
        return DeploymentState.FAILED
    attempts = {job.current_attempt.state for job in jobs if job.state is JobState.RUNNING and job.current_attempt}
    if AttemptState.STARTING in attempts:
        return DeploymentState.LOADING
    return DeploymentState.PROVISIONING if AttemptState.OFFERED in attempts else DeploymentState.PENDING


def _order(replica: ReplicaView) -> tuple[bool, bool, int, str]:
    """Those first to which callers are to go; of these, those whose node is here, and the newest model's."""
    is_away = replica.node is None or not replica.node.session_id
    return (not replica.is_ready, is_away, -replica.generation, replica.job_id)


def _is_of(job: JobRecord, record: DeploymentRecord) -> bool:
    return job.spec.serving is not None and job.spec.serving.deployment_id == record.deployment_id
