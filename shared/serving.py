"""What a replica of a deployment serves beside its weights, and how it gathers rows: part of its job's spec."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.pb import job_pb2

MOST_ROWS = 1_000_000
MOST_BATCH = 4096
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Serving(BaseModel):
    """How one replica serves.

    Attributes:
        deployment_id: which deployment it is of.
        name: what people call that.
        format: what the weights are: our own, or an ONNX file that is run as it is.
        largest_batch: rows that are computed together at most.
        batch_milliseconds: how long the first row of a batch waits for more.
        queue_rows: how many rows may wait; more are refused at once.
        generation: which of the deployment's models, from 1.
        input_shape: one row's shape; empty where definition or dataset say it.
        classes: how many classes the model tells apart; 0 for none, or where the dataset says it.
        has_tokens: whether rows are int32 tokens.
        offset: how the training data were scaled: this was taken away, feature by feature; empty where not.
        width: then it was divided by this.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    deployment_id: _Name
    name: _Name
    format: Literal["cyxwiz", "onnx"] = "cyxwiz"
    largest_batch: int = Field(default=64, ge=1, le=MOST_BATCH)
    batch_milliseconds: float = Field(default=1.0, ge=0, le=1000)
    queue_rows: int = Field(default=1024, ge=1, le=MOST_ROWS)
    generation: int = Field(default=1, ge=1)
    input_shape: tuple[int, ...] = ()
    classes: int = Field(default=0, ge=0)
    has_tokens: bool = False
    offset: tuple[float, ...] = ()
    width: tuple[float, ...] = ()


def serving_to_proto(serving: Serving | None) -> job_pb2.Serving | None:
    """The message that says the same; None for none."""
    return None if serving is None else job_pb2.Serving(**serving.model_dump())


def serving_values_from_proto(config: job_pb2.JobConfig) -> dict[str, object] | None:
    """The fields of a record, still to be checked; None where the message has none."""
    if not config.HasField("serving"):
        return None
    said = config.serving
    return {
        "deployment_id": said.deployment_id,
        "name": said.name,
        "format": said.format,
        "largest_batch": said.largest_batch,
        "batch_milliseconds": said.batch_milliseconds,
        "queue_rows": said.queue_rows,
        "generation": said.generation,
        "input_shape": tuple(said.input_shape),
        "classes": said.classes,
        "has_tokens": said.has_tokens,
        "offset": tuple(said.offset),
        "width": tuple(said.width),
    }
