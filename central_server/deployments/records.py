"""What is kept of a deployment: its name, whose it is, how many replicas, and what the next one would be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from central_server.scheduler.jobs import JobError
from shared.errors import OurBug
from shared.job_spec import JobSpec
from shared.serving import Serving


class Wanted(StrEnum):
    """What people want of a deployment."""

    RUNNING = "running"
    STOPPED = "stopped"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """One deployment. Times are Unix milliseconds, 0 until they happen.

    Attributes:
        spec: of every replica of its newest model.
        source: where the model is from, for people: a job's id, or an artifact.
        started_at_ms: when it answered first.
        failure: why its newest model cannot be served; None while nobody knows of a reason.
    """

    deployment_id: str
    name: str
    user_id: str
    spec: JobSpec
    replicas: int
    source: str
    created_at_ms: int
    wanted: Wanted = Wanted.RUNNING
    started_at_ms: int = 0
    stopped_at_ms: int = 0
    failure: JobError | None = None

    @property
    def serving(self) -> Serving:
        """What its replicas serve, and how."""
        if self.spec.serving is None:
            raise OurBug(f"deployment {self.deployment_id} is kept with a job that serves nothing")
        return self.spec.serving

    @property
    def generation(self) -> int:
        """Which of its models is wanted."""
        return self.serving.generation
