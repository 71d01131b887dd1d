"""From a submitted config to a job spec that has passed every check the server can make. It changes nothing."""

from __future__ import annotations

import asyncio
import hashlib

from central_server.ports import Artifacts
from shared.errors import InvalidField
from shared.job_check import CheckedJob, check_job_spec
from shared.job_config import job_spec_from_config, with_wire_name
from shared.job_spec import JobSpec
from shared.pb import job_pb2

LARGE_TEXT_CHARACTERS = 20_000
"""Longer model definitions are read in a thread: parsing megabytes would hold the event loop."""

_ARTIFACT = "artifact://sha256:"


async def checked_job(config: job_pb2.JobConfig, *, user_id: str, initial_data_uri: str = "") -> CheckedJob:
    """Return the job a config asks for, checked.

    Raises:
        UserMistake: with the field at fault.
    """
    if len(config.model_definition) > LARGE_TEXT_CHARACTERS:
        return await asyncio.to_thread(_checked_job, config, user_id, initial_data_uri)
    return _checked_job(config, user_id, initial_data_uri)


async def artifact_uri_of(data: bytes) -> str:
    """Return the URI that `data` has as an artifact; empty for no data."""
    if not data:
        return ""
    digest = await asyncio.to_thread(hashlib.sha256, data)
    return _ARTIFACT + digest.hexdigest()


def artifacts_named_by(spec: JobSpec) -> frozenset[str]:
    """Return the SHA-256 of each artifact that a job would begin with."""
    dataset = {spec.dataset.removeprefix(_ARTIFACT).partition("?")[0]} if spec.dataset.startswith(_ARTIFACT) else set()
    return frozenset(dataset | ({spec.weights_sha256} if spec.weights else set()))


async def check_dataset_is_here(spec: JobSpec, artifacts: Artifacts) -> None:
    """Look for a dataset that was uploaded.

    Raises:
        InvalidField: the dataset is an artifact that is not here.
    """
    if not spec.dataset.startswith(_ARTIFACT):
        return
    sha256 = spec.dataset.removeprefix(_ARTIFACT).partition("?")[0]
    if not await artifacts.has(sha256):
        raise InvalidField(
            f"dataset_uri names an artifact that is not on this server: {spec.dataset}; upload it first",
            field="dataset_uri",
        )


def _checked_job(config: job_pb2.JobConfig, user_id: str, initial_data_uri: str) -> CheckedJob:
    spec = job_spec_from_config(config, initial_data_uri=initial_data_uri, user_id=user_id)
    try:
        return check_job_spec(spec)
    except InvalidField as mistake:
        raise with_wire_name(mistake) from None
