"""What the API's answers look like, for its OpenAPI description. The answers themselves are made in `job_json`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.lifecycle import AttemptState, JobState


class AttemptModel(BaseModel):
    """One try of a job."""

    number: int
    node_id: str
    state: AttemptState
    reason: str
    started_at_ms: int | None
    ended_at_ms: int | None
    resumed_from_step: int


class ResultModel(BaseModel):
    """What a job that succeeded has left."""

    weights_uri: str | None
    weights_sha256: str | None
    size_bytes: int | None
    final_metrics: dict[str, float | None]
    compute_seconds: float


class ResultFileModel(BaseModel):
    """One file of a result."""

    name: str
    size_bytes: int
    sha256: str
    url: str = Field(description="Where it can be had on this server.")


class ResultWithFilesModel(ResultModel):
    """The same with its files."""

    files: list[ResultFileModel]


class ErrorModel(BaseModel):
    """Why a job failed."""

    code: str
    message: str


class JobModel(BaseModel):
    """One job. Times are Unix milliseconds, null until they happen; numbers that are not finite are null."""

    job_id: str
    name: str
    user_id: str
    state: JobState
    reason: str
    waiting_reason: str
    progress: float = Field(ge=0, le=1)
    epoch: int
    epochs: int
    step: int
    steps_total: int
    attempt: int
    node_id: str
    priority: str
    labels: dict[str, str]
    submitted_at_ms: int
    started_at_ms: int | None
    first_step_at_ms: int | None
    ended_at_ms: int | None
    metrics: dict[str, float | None]
    attempts: list[AttemptModel]
    result: ResultModel | None
    error: ErrorModel | None


class WholeJobModel(JobModel):
    """One job with its settings and its files."""

    spec: dict[str, Any] = Field(description="The settings as the mapping of a job file, which POST /jobs takes again.")
    result: ResultWithFilesModel | None


class MetricRowModel(BaseModel):
    """One row of a job's history; every other key is a metric."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]

    step: int
    epoch: int
    at_ms: int


class SeriesModel(BaseModel):
    """One line: at each of `steps` the value, null where it is no number."""

    steps: list[int]
    values: list[float | None]


class CurveModel(BaseModel):
    """Some lines of a job, thinned out so that each stretch keeps its smallest and largest value."""

    names: list[str]
    rows: int
    first_step: int | None
    last_step: int | None
    series: dict[str, SeriesModel]


class LogLineModel(BaseModel):
    """One line of a job's log."""

    sequence: int
    attempt: int
    at_ms: int
    level: str
    text: str


class LayerModel(BaseModel):
    """One layer. Shapes and counts are null where only the data can tell them."""

    id: str
    name: str
    type: str
    output_shape: list[int] | None
    parameters: int | None


class ModelModel(BaseModel):
    """A job's model as a graph."""

    nodes: list[LayerModel]
    edges: list[tuple[str, str]]
    parameters: int | None


class DeviceModel(BaseModel):
    """One CPU or GPU of a node."""

    device_id: str
    kind: str
    name: str
    memory_bytes: int
    memory_promised_bytes: int
    memory_used_bytes: int | None = Field(description="As the node measured it last; null when it has not.")
    utilisation: float | None = Field(description="0 to 1, as the node measured it last; null when it has not.")


class NodeAttemptModel(BaseModel):
    """An attempt that holds a place on a node."""

    job_id: str
    number: int
    state: AttemptState
    device_ids: list[str]
    memory_promised_bytes: int
    name: str
    labels: dict[str, str]


class NodeModel(BaseModel):
    """One node."""

    node_id: str
    name: str
    state: str
    devices: list[DeviceModel]
    attempts: list[NodeAttemptModel]
    last_seen_ms: int
    slots: int


class PlannedLayerModel(BaseModel):
    """One layer of a plan."""

    name: str
    type: str
    output_shape: list[int]
    parameters: int


class PlannedNodeModel(BaseModel):
    """Whether the job fits a node, and why not when it does not."""

    node_id: str
    name: str
    fits: bool
    reason: str


class PlanModel(BaseModel):
    """What would happen to a job."""

    layers: list[PlannedLayerModel]
    parameters: int
    memory_bytes: int
    flops_per_step: float
    nodes: list[PlannedNodeModel]
    memory_note: str


class ConvertedModel(BaseModel):
    """A job file made from a drawing."""

    yaml: str


class CancelModel(BaseModel):
    """Why a job is cancelled."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=1000)


class DrainModel(BaseModel):
    """How long running jobs may still take."""

    model_config = ConfigDict(extra="forbid")

    within_seconds: float = 0.0


class SummaryModel(BaseModel):
    """How many jobs and nodes there are in each state."""

    jobs: dict[str, int]
    nodes: dict[str, int]
    version: str


class HealthModel(BaseModel):
    """How the server is."""

    status: str
    decider: str = Field(default="", description="Where the server that decides is reached, when this one stands by.")
