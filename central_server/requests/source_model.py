"""Jobs on a finished job's model: the reference in a submitted config becomes that job's definition and weights."""

from __future__ import annotations

from central_server.ports import Artifacts
from central_server.read_model import ReadModel
from central_server.scheduler.jobs import JobRecord
from central_server.views import artifact_uri, weights_of
from shared.errors import InvalidField, NotSupported, WrongState
from shared.job_spec import JobSpec
from shared.model_reference import referenced_job
from shared.pb import job_pb2
from shared.user_model import runs_user_code


async def with_source_model(config: job_pb2.JobConfig, read_model: ReadModel) -> job_pb2.JobConfig:
    """Return the config as it stands for itself; one that names no other job comes back as it is.

    The loss is the other job's unless the config says one: a model is judged by what it was trained for.

    Raises:
        NotFound: there is no such job.
        WrongState: it has no weights.
    """
    job_id = referenced_job(config.model_definition)
    if not job_id:
        return config
    source = (await read_model.find(job_id)).record
    resolved = job_pb2.JobConfig()
    resolved.CopyFrom(config)
    resolved.weights_uri = _weights_uri(source)
    resolved.model_definition = source.spec.model_definition
    loss = source.spec.hyperparameters.loss
    if loss is not None and "loss" not in resolved.hyperparameters:
        resolved.hyperparameters["loss"] = loss.value
    return resolved


async def check_weights(spec: JobSpec, artifacts: Artifacts) -> None:
    """Refuse a job whose weights are missing.

    Raises:
        InvalidField: it judges a model and names none, or the weights are not on this server.
        NotSupported: weights are given for a model in Python.
    """
    if spec.weights and runs_user_code(spec.model_definition):
        raise NotSupported(
            "jobs on the weights of a model written in Python are not supported; its own file says how it begins",
            field="model_definition",
        )
    if spec.job_type != "training" and not spec.weights:
        raise InvalidField(
            f'job_type {spec.job_type} needs trained weights: give the model as {{"job": ID}} of a finished job',
            field="model_definition",
        )
    if spec.weights and not await artifacts.has(spec.weights_sha256):
        raise InvalidField(
            f"weights_uri names an artifact that is not on this server: {spec.weights}; upload it first",
            field="weights_uri",
        )


def _weights_uri(source: JobRecord) -> str:
    file = weights_of(source.result) if source.result else None
    if file is None:
        raise WrongState(f"job {source.job_id} has no weights to use: it is {source.state}, {source.spec.job_type}")
    return artifact_uri(file)
