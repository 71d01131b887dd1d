"""What a deployment looks like over HTTP, asked for and answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from central_server.deployments.views import DeploymentState
from shared.job_text import MAX_JOB_FILE_BYTES
from shared.lifecycle import JobState
from shared.serving import MOST_BATCH

_Length = Annotated[int, Field(ge=1, lt=2**31)]


class DeployModel(BaseModel):
    """What to deploy: a finished job, or an uploaded file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=128, description="The id where it is empty; a taken one gets a new model.")
    job: str = Field(default="", max_length=128, description="The finished job whose model it is.")
    weights: str = Field(default="", max_length=200, description="artifact://sha256:… in place of a job.")
    format: Literal["safetensors", "onnx"] = "safetensors"
    model_definition: str = Field(default="", max_length=MAX_JOB_FILE_BYTES, description="What the weights are of.")
    input_shape: list[_Length] = Field(default=[], max_length=8, description="One row's, where nothing else says it.")
    replicas: int = Field(default=0, ge=0, le=1000, description="0 is 1, or as many as there are.")
    largest_batch: int = Field(default=0, ge=0, le=MOST_BATCH, description="0 leaves it to the server.")


class ReplicaModel(BaseModel):
    """One replica."""

    job_id: str
    state: JobState
    is_ready: bool = Field(description="Whether it answers, and callers are to go there.")
    generation: int
    node_id: str
    address: str = Field(description="host:port of the gRPC server that answers.")
    http_address: str
    reason: str
    requests: int
    latency_ms: float
    rows_per_second: float
    queue_rows: int


class DeploymentModel(BaseModel):
    """One deployment. Times are Unix milliseconds, null until they happen."""

    deployment_id: str
    name: str
    user_id: str
    state: DeploymentState
    message: str
    source: str = Field(description="The job, or the file, that its model is from.")
    generation: int
    replicas_wanted: int
    replicas: list[ReplicaModel]
    total_requests: int
    latency_ms: float
    created_at_ms: int
    started_at_ms: int | None
    stopped_at_ms: int | None
