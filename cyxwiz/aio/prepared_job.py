"""From a job in any form to the message that is sent, with what belongs to it stored at the server first.

Checking and packing happen in a thread; nothing is uploaded before the whole job has been checked.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from cyxwiz.array_dataset import DATASET_FILE
from cyxwiz.job_input import JobArrayInput, JobInput, array_configs_from, job_config_from
from shared.pb import job_pb2

Upload = Callable[[Path], Awaitable[str]]
"""Stores a file at the server."""


async def prepared_job(
    spec: JobInput | None, fields: Mapping[str, object], *, job_id: str, upload: Upload
) -> job_pb2.JobConfig:
    """Return the message for a job; raises as `job_config_from` does."""
    with tempfile.TemporaryDirectory(prefix="cyxwiz-job-") as name:
        folder = Path(name)
        config = await asyncio.to_thread(job_config_from, spec, fields, job_id=job_id, folder=folder)
        await _upload_all(folder, upload)
    return config


async def prepared_array(
    spec: JobArrayInput, fields: Mapping[str, object], *, array_id: str, upload: Upload
) -> list[job_pb2.JobConfig]:
    """Return the messages for the jobs of an array; raises as `array_configs_from` does."""
    with tempfile.TemporaryDirectory(prefix="cyxwiz-job-") as name:
        folder = Path(name)
        configs = await asyncio.to_thread(array_configs_from, spec, fields, array_id=array_id, folder=folder)
        await _upload_all(folder, upload)
    return configs


async def prepared_plan(spec: JobInput | None, fields: Mapping[str, object], *, upload: Upload) -> job_pb2.JobConfig:
    """Return the message for a job that is only planned: its data are stored, since they say its shapes."""
    with tempfile.TemporaryDirectory(prefix="cyxwiz-job-") as name:
        dataset = Path(name) / DATASET_FILE
        config = await asyncio.to_thread(job_config_from, spec, fields, job_id="", folder=dataset.parent)
        if await asyncio.to_thread(dataset.exists):
            await upload(dataset)
    return config


async def _upload_all(folder: Path, upload: Upload) -> None:
    for file in await asyncio.to_thread(lambda: sorted(folder.iterdir())):
        await upload(file)
