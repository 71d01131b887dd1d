"""Deploying from a program: the model's file is stored at the server first, then the deployment is asked for."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from cyxwiz.deployed_file import Definition, is_model_file, model_from_file, refuse_definition
from shared.errors import InvalidField
from shared.pb import deployment_pb2

Upload = Callable[[Path], Awaitable[str]]


async def deployment_config(
    model: str | Path,
    *,
    definition: Definition | None,
    input_shape: Sequence[int],
    name: str,
    replicas: int,
    largest_batch: int,
    upload: Upload,
) -> deployment_pb2.DeploymentConfig:
    """Return the message for a deployment.

    Raises:
        InvalidField: a number is out of range, or the file is none that is taken.
    """
    if replicas < 0 or largest_batch < 0:
        raise InvalidField("replicas and largest_batch must be at least 1", field="replicas")
    if not all(0 < length < 2**31 for length in input_shape):
        raise InvalidField(f"lengths of input_shape must be at least 1, got {list(input_shape)}", field="input_shape")
    if isinstance(model, Path) or is_model_file(model):
        info = await _uploaded(Path(model), definition, upload)
    else:
        refuse_definition(definition, "a job")
        info = deployment_pb2.ModelInfo(job_id=str(model))
    info.input_shape.extend(input_shape)
    return deployment_pb2.DeploymentConfig(
        # A name makes the request one that may be sent again: the same model under the same name changes nothing.
        name=name or _name_of(model, info),
        model=info,
        replicas=replicas,
        batch_size=largest_batch,
    )


async def _uploaded(path: Path, definition: Definition | None, upload: Upload) -> deployment_pb2.ModelInfo:
    with tempfile.TemporaryDirectory(prefix="cyxwiz-deploy-") as folder:
        info, file = await asyncio.to_thread(model_from_file, path, Path(folder), definition)
        info.source_url = await upload(file)
    return info


def _name_of(model: str | Path, info: deployment_pb2.ModelInfo) -> str:
    """Return the job's id, or the file's name with the beginning of its hash: neither is another model's by chance."""
    if info.job_id:
        return info.job_id
    stem = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in Path(model).stem)
    return f"{stem.strip('-') or 'model'}-{info.source_url.rpartition(':')[2][:8]}"
