"""From what somebody asks to be served to the job that each replica of it is. It reads, checks, and changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from central_server.ports import Artifacts
from central_server.read_model import ReadModel
from central_server.scheduler.jobs import JobRecord
from central_server.views import artifact_uri, weights_of
from shared.dataset_facts import dataset_facts
from shared.dataset_uri import parse_dataset_uri
from shared.errors import InvalidField, NotFound, NotSupported, TooLarge, WrongState
from shared.hyperparameters import Hyperparameters
from shared.job_spec import ARTIFACT_PREFIX
from shared.model_definition.canonical_text import canonical_text_from
from shared.model_definition.parse import parse_model_definition
from shared.node_messages import ResultFile
from shared.pb import deployment_pb2
from shared.user_model import runs_user_code

DESCRIPTION_FILE = "model.json"
MOST_DESCRIPTION_BYTES = 64 * 1024 * 1024
COPIES_OF_ONNX = 3
"""What a node counts for an ONNX file that it runs as it is."""

_NO_MODEL = "{}"
_WEIGHTS = frozenset({deployment_pb2.MODEL_FORMAT_UNKNOWN, deployment_pb2.MODEL_FORMAT_SAFETENSORS})


@dataclass(frozen=True, slots=True)
class DeployedModel:
    """A model, as far as its replicas need to know it.

    Attributes:
        source: where it is from, for people.
        serving: fields of `Serving` that the model decides.
        memory_bytes: what it declares to need; None leaves it to the estimate.
    """

    source: str
    definition: str
    weights: str
    dataset: str
    hyperparameters: Hyperparameters
    serving: Mapping[str, Any]
    memory_bytes: int | None = None


async def deployed_model(model: deployment_pb2.ModelInfo, read_model: ReadModel, artifacts: Artifacts) -> DeployedModel:
    """Return the model that is meant.

    Raises:
        NotFound: there is no such job.
        WrongState: the job has no weights.
        InvalidField: nothing says which model, or a file is not here.
        NotSupported: such models are not served.
    """
    if model.format not in {*_WEIGHTS, deployment_pb2.MODEL_FORMAT_ONNX}:
        name = deployment_pb2.ModelFormat.Name(model.format) if _is_known(model.format) else str(model.format)
        raise NotSupported(
            f"{name} models are not served: give safetensors, ONNX, or a job", field="config.model.format"
        )
    if model.local_path or (model.source_url and not model.source_url.startswith(ARTIFACT_PREFIX)):
        raise NotSupported(
            "models are taken from jobs and from files that were uploaded: 'cyxwiz upload FILE' prints the "
            "artifact://sha256:… to give as source_url",
            field="config.model.source_url",
        )
    job_id = model.job_id or ("" if model.source_url else model.model_id)
    if job_id:
        return await _of_job((await read_model.find(job_id)).record, artifacts)
    if not model.source_url:
        raise InvalidField("config.model must name a job, or a source_url", field="config.model")
    if model.format == deployment_pb2.MODEL_FORMAT_ONNX:
        return await _of_onnx_file(model, artifacts)
    return await _of_weights(model, artifacts)


async def _of_job(job: JobRecord, artifacts: Artifacts) -> DeployedModel:
    spec = job.spec
    if runs_user_code(spec.model_definition):
        raise NotSupported("models that users wrote in Python cannot be served", field="config.model.job_id")
    file = weights_of(job.result) if job.result else None
    if file is None or job.result is None:
        raise WrongState(f"job {job.job_id} has no weights to serve: it is {job.state}, {spec.job_type}")
    weights = artifact_uri(file)
    described = next((one for one in job.result.files if one.name == DESCRIPTION_FILE), None)
    serving = await _described(described, artifacts) if described else {}
    facts = dataset_facts(parse_dataset_uri(spec.dataset))
    return DeployedModel(
        source=job.job_id,
        definition=spec.model_definition,
        weights=weights,
        # Data that has to be opened to be known tells a node nothing, and must not be kept for a replica's sake.
        dataset=spec.dataset if facts.example_shape is not None else weights,
        hyperparameters=spec.hyperparameters,
        serving=serving | ({"has_tokens": True} if facts.has_tokens else {}),
    )


async def _described(file: ResultFile, artifacts: Artifacts) -> dict[str, Any]:
    """Return what the result says of the rows that the model takes."""
    if file.size_bytes > MOST_DESCRIPTION_BYTES:
        raise TooLarge(
            f"{DESCRIPTION_FILE} of the job is {file.size_bytes:,} bytes; {MOST_DESCRIPTION_BYTES:,} are read"
        )
    text = await artifacts.read(file.sha256, 0, file.size_bytes)
    return await asyncio.to_thread(_serving_from, text)


def _serving_from(text: bytes) -> dict[str, Any]:
    try:
        said = json.loads(text)
        scale = said.get("normalization") or {"offset": (), "width": ()}
        return {
            "input_shape": tuple(map(int, said["input_shape"])),
            "classes": int(said.get("classes") or 0),
            "has_tokens": any(layer["kind"] == "embedding" for layer in said.get("computed_layers", ())),
            "offset": tuple(map(float, scale["offset"])),
            "width": tuple(map(float, scale["width"])),
        }
    except (ValueError, TypeError, KeyError, AttributeError) as mistake:
        raise InvalidField(f"{DESCRIPTION_FILE} of the job cannot be read: {mistake}", field="config.model") from None


async def _of_weights(model: deployment_pb2.ModelInfo, artifacts: Artifacts) -> DeployedModel:
    if not model.model_definition:
        raise InvalidField(
            "config.model.model_definition is missing: weights alone do not say what they are of",
            field="config.model.model_definition",
        )
    definition = await asyncio.to_thread(_checked_definition, model.model_definition)
    await _require(model.source_url, artifacts)
    return DeployedModel(
        source=model.source_url,
        definition=definition,
        weights=model.source_url,
        dataset=model.source_url,
        hyperparameters=Hyperparameters(),
        serving={"input_shape": tuple(model.input_shape)},
    )


def _checked_definition(text: str) -> str:
    definition = canonical_text_from(text)
    if runs_user_code(definition):
        raise NotSupported("models that users wrote in Python cannot be served", field="config.model.model_definition")
    parse_model_definition(definition)
    return definition


async def _of_onnx_file(model: deployment_pb2.ModelInfo, artifacts: Artifacts) -> DeployedModel:
    size_bytes = await _require(model.source_url, artifacts)
    return DeployedModel(
        source=model.source_url,
        definition=_NO_MODEL,
        weights=model.source_url,
        dataset=model.source_url,
        hyperparameters=Hyperparameters(),
        serving={"format": "onnx"},
        memory_bytes=max(1, COPIES_OF_ONNX * size_bytes),
    )


async def _require(uri: str, artifacts: Artifacts) -> int:
    """Return an artifact's bytes."""
    sha256 = uri.removeprefix(ARTIFACT_PREFIX)
    try:
        return await artifacts.size(sha256)
    except NotFound:
        raise InvalidField(
            f"source_url names an artifact that is not on this server: {uri[:100]}; upload it first",
            field="config.model.source_url",
        ) from None


def _is_known(number: int) -> bool:
    return number in deployment_pb2.ModelFormat.values()
