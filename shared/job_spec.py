"""What a job is, as one checked record that both sides keep; the same as JSON text, and its content's digest.

A spec holds every default filled in, so equal specs ask for equal work. Whether model, data and numbers go together
is `job_check`; reading a job file is `job_values`; the wire is `job_config`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import from_json

from shared.byte_sizes import LARGEST_BYTES
from shared.dataset_uri import LONGEST_URI
from shared.did_you_mean import quoted
from shared.hyperparameters import Hyperparameters
from shared.job_values import job_values_from_mapping
from shared.pydantic_sentences import invalid_field_from
from shared.serving import Serving
from shared.tracker_choice import TrackerChoice
from shared.trusted_models import converted, trusted

LARGEST_COUNT = 2**31 - 1
"""Batches, epochs and retries are 32-bit numbers on the wire."""
ARTIFACT_PREFIX = "artifact://sha256:"
LONGEST_TIMEOUT_SECONDS = 10 * 365 * 24 * 3600
MOST_DEPENDENCIES = 256

DeviceChoice = Literal["any", "cpu", "cuda"]
PriorityName = Literal["low", "normal", "high", "critical"]
JobTypeName = Literal["training", "evaluation", "inference", "serving"]
_Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_JobName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_LabelValue = Annotated[str, StringConstraints(max_length=200)]
_STRICT = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Resources(BaseModel):
    """What the job wants to run on.

    Attributes:
        device: the kind of device.
        memory_bytes: what the job declares to need; None leaves it to the node's own account.
        devices: more than one is refused for now.
        whole_device: whether the device is to be shared with no other job.
    """

    model_config = _STRICT

    device: DeviceChoice = "any"
    memory_bytes: int | None = Field(default=None, ge=1, le=LARGEST_BYTES)
    devices: int = Field(default=1, ge=1, le=LARGEST_COUNT)
    whole_device: bool = False


class Retry(BaseModel):
    """How often the job is tried again.

    Attributes:
        max_failures: after failures of its own.
        max_losses: after losses that are not its fault: node gone, preempted.
    """

    model_config = _STRICT

    max_failures: int = Field(default=0, ge=0, le=LARGEST_COUNT)
    max_losses: int = Field(default=20, ge=0, le=LARGEST_COUNT)


class JobSpec(BaseModel):
    """Everything a user asks for with one job, but for its id.

    Attributes:
        name: for people; may be empty.
        user_id: whose job it is.
        job_type: what to do with the model.
        model_definition: JSON text with sorted keys and no spaces.
        dataset: a dataset URI.
        batch_size: examples a step.
        epochs: passes over the training data.
        hyperparameters: how to train.
        priority: who goes first in the queue.
        resources: what to run on.
        retry: how often to try again.
        timeout_seconds: how long it may run, all attempts together; None for no limit.
        wait_timeout_seconds: how long it may wait for its first attempt; None for no limit.
        after: jobs that must have succeeded before this one competes for a place.
        labels: the user's own words for the job.
        weights: the artifact of the weights to begin with, to evaluate, or to predict with; empty for fresh ones.
        trackers: where its metrics also go.
        serving: what a replica of a deployment serves; None for every other job.
    """

    model_config = _STRICT

    name: Annotated[str, StringConstraints(max_length=200)] = ""
    user_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "local"
    job_type: JobTypeName = "training"
    model_definition: str
    dataset: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URI)]
    batch_size: int = Field(default=32, ge=1, le=LARGEST_COUNT)
    epochs: int = Field(default=1, ge=1, le=LARGEST_COUNT)
    hyperparameters: Hyperparameters = Hyperparameters()
    priority: PriorityName = "normal"
    resources: Resources = Resources()
    retry: Retry = Retry()
    timeout_seconds: int | None = Field(default=None, ge=1, le=LONGEST_TIMEOUT_SECONDS)
    wait_timeout_seconds: int | None = Field(default=None, ge=1, le=LONGEST_TIMEOUT_SECONDS)
    after: tuple[_JobName, ...] = Field(default=(), max_length=MOST_DEPENDENCIES)
    labels: dict[_Label, _LabelValue] = Field(default_factory=dict, max_length=64)
    weights: Annotated[str, StringConstraints(pattern=r"^(artifact://sha256:[0-9a-f]{64})?$")] = ""
    trackers: TrackerChoice = TrackerChoice()
    serving: Serving | None = None

    @field_validator("name", "user_id", "dataset")
    @classmethod
    def _must_be_printable(cls, value: str) -> str:
        return _printable(value)

    @field_validator("after")
    @classmethod
    def _must_name_each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_printable(name) for name in value))

    @field_validator("labels")
    @classmethod
    def _must_have_printable_labels(cls, value: dict[str, str]) -> dict[str, str]:
        return {_printable(key): _printable(text) for key, text in value.items()}

    @property
    def weights_sha256(self) -> str:
        """The lower-case hex SHA-256 of `weights`; empty for none."""
        return self.weights.removeprefix(ARTIFACT_PREFIX)


def job_spec_from_mapping(mapping: Mapping[str, object]) -> JobSpec:
    """The job of a job file's mapping; the settings of a designer graph fill what the file leaves unsaid.

    Raises:
        InvalidField: with the dotted `field`, for an unknown key or a wrong value, here or in the model definition.
        TooLarge: when the model definition is.
    """
    return job_spec_from_values(job_values_from_mapping(mapping))


def job_spec_from_values(values: Mapping[str, object]) -> JobSpec:
    """The record of fields that already have their own types, or `InvalidField` for what is out of range."""
    try:
        return JobSpec.model_validate(dict(values))
    except ValidationError as error:
        raise invalid_field_from(error) from None


def spec_to_json(spec: JobSpec) -> str:
    """JSON text from which `spec_from_json` makes an equal spec; its keys are the record's field names."""
    return spec.model_dump_json()


def spec_from_json(text: str) -> JobSpec:
    """The spec that `spec_to_json` wrote; raises `InvalidField` for anything else."""
    try:
        return JobSpec.model_validate_json(text)
    except ValidationError as error:
        raise invalid_field_from(error) from None


def spec_as_stored(model_definition: str, rest: str) -> JobSpec:
    """The spec whose JSON text, but for its model definition, this program stored after checking it.

    Raises:
        InvalidField: it is none.
    """
    try:
        values = _values_as_stored(rest)
        values["model_definition"] = model_definition
        return trusted(JobSpec, values)
    except (KeyError, TypeError, ValueError):
        pass
    try:
        return JobSpec.model_validate_json(json.dumps({"model_definition": model_definition, **from_json(rest)}))
    except ValidationError as error:
        raise invalid_field_from(error) from None


def _values_as_stored(text: str) -> dict[str, Any]:
    """The values of an object's text. Thousands of jobs differ in what comes first alone: the rest is read once.

    Cut anywhere but between two of the object's own values, one of the halves is no JSON.
    """
    own, comma, common = text.partition(_WHERE_JOBS_BECOME_ALIKE)
    if not comma:
        return converted(JobSpec, from_json(text))
    return {**from_json(own + "}"), **_values_many_jobs_have("{" + comma[1:] + common)}


@lru_cache(maxsize=1024)
def _values_many_jobs_have(text: str) -> dict[str, Any]:
    return converted(JobSpec, from_json(text))


_WHERE_JOBS_BECOME_ALIKE = ',"hyperparameters":'
"""In the text of a spec, after its name, user, data and numbers of examples."""

_ADDED_LATER: Mapping[str, object] = {
    "wait_timeout_seconds": None,
    "after": [],
    "trackers": TrackerChoice().model_dump(mode="json"),
    "serving": None,
}
"""Fields that older databases do not know, and what they are when not said: jobs stored then keep their digests."""


def content_digest(spec: JobSpec) -> str:
    """SHA-256 in hex, the same for specs that ask for the same, whatever the order of keys was."""
    said = spec.model_dump(mode="json")
    for name, default in _ADDED_LATER.items():
        if said[name] == default:
            del said[name]
    if not said["resources"]["whole_device"]:
        del said["resources"]["whole_device"]
    content = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"must not hold control characters, got {quoted(text)}")
    return text
