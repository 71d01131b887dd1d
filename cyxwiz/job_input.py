"""From whatever a caller calls a job (a spec, a mapping, a path, keyword arguments) to the message that is sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cyxwiz.array_dataset import has_array_dataset, with_array_dataset
from cyxwiz.job_array import ArrayJob, jobs_of_array
from cyxwiz.job_file import read_job_file, with_model_file
from cyxwiz.onnx_start import has_onnx_model, with_onnx_model
from shared.errors import InvalidField, TooLarge
from shared.identifiers import check_identifier
from shared.job_config import config_from_job_spec
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.pb import job_pb2

JobInput = JobSpec | Mapping[str, object] | Path | str
"""A checked spec, a mapping with the keys of a job file, or the path of a job file."""

JobArrayInput = Mapping[str, object] | Path | str
"""A job with the key `array`: a mapping with the keys of a job file, or the path of one."""

MAX_REQUEST_BYTES = 64 * 1024 * 1024 - 64 * 1024
"""What one message may have, less room for what frames it."""


def job_config_from(
    spec: JobInput | None, fields: Mapping[str, object], *, job_id: str, folder: Path
) -> job_pb2.JobConfig:
    """Return the message for a job; `fields` win over `spec`.

    Args:
        spec: the job, in any form.
        fields: keys of a job file.
        job_id: its id.
        folder: an empty one; what must be uploaded before the job lies there afterwards.

    Raises:
        InvalidField: something in the job is wrong.
        TooLarge: it would not fit into one message.
    """
    config = config_from_job_spec(job_spec_from(spec, fields, folder))
    config.job_id = job_id
    refuse_too_large(config)
    return config


def array_configs_from(
    spec: JobArrayInput, fields: Mapping[str, object], *, array_id: str, folder: Path
) -> list[job_pb2.JobConfig]:
    """Return the messages for the jobs of an array, in order, all of them checked.

    Args:
        spec: the job with its array.
        fields: keys of a job file.
        array_id: what the jobs' ids begin with.
        folder: as for `job_config_from`.

    Raises:
        InvalidField: something in the job or its array is wrong; it says in which job of the array.
    """
    check_identifier(array_id, field="array_id")
    job = _mapping_from(spec, fields)
    common = _with_files(job, folder)
    return [_array_config(member, array_id, folder) for member in jobs_of_array(common, array_id)]


def _array_config(member: ArrayJob, array_id: str, folder: Path) -> job_pb2.JobConfig:
    try:
        return job_config_from(member.job, {}, job_id=f"{array_id}-{member.index}", folder=folder)
    except InvalidField as mistake:
        raise InvalidField(f"array[{member.index}]: {mistake.message}", field=mistake.field) from None


def job_spec_from(spec: JobInput | None, fields: Mapping[str, object], folder: Path) -> JobSpec:
    """Return the checked spec of a job given in any form; see `job_config_from`."""
    if isinstance(spec, JobSpec):
        if fields:
            raise InvalidField("keyword arguments cannot be added to a JobSpec; give a mapping or a path instead")
        return spec
    return job_spec_from_mapping(_with_files(_mapping_from(spec, fields), folder))


def _with_files(job: dict[str, object], folder: Path) -> dict[str, object]:
    """Return the job with what it brings along named by its content; the files lie in `folder` then."""
    with_data = with_array_dataset(job, folder) if has_array_dataset(job) else job
    return with_onnx_model(with_data, folder) if has_onnx_model(with_data) else with_data


def _mapping_from(spec: Mapping[str, object] | Path | str | None, fields: Mapping[str, object]) -> dict[str, object]:
    match spec:
        case None:
            return with_model_file(fields, Path())
        case Path() | str():
            return read_job_file(Path(spec)) | with_model_file(fields, Path())
        case _:
            return with_model_file({**spec, **fields}, Path())


def refuse_too_large(config: job_pb2.JobConfig) -> None:
    """Raise TooLarge when the message could not be sent, naming what makes it large."""
    size_bytes = config.ByteSize()
    if size_bytes > MAX_REQUEST_BYTES:
        raise TooLarge(
            f"the job is {size_bytes:,} bytes, {len(config.model_definition):,} of them its model definition; "
            f"one message may have {MAX_REQUEST_BYTES:,}",
            field="model_definition",
        )
