"""A model definition that only names a finished job, `{"job": ID}`: the server puts that job's model in its place."""

from __future__ import annotations

from shared.errors import InvalidField
from shared.identifiers import check_identifier
from shared.model_definition.json_text import json_object_from

KEY = "job"
_LONGEST = 1_000
"""Characters; a longer definition is none that only names a job."""


def referenced_job(model_definition: str) -> str:
    """The id of the job whose model is meant; empty for every other definition.

    Raises:
        InvalidField: when what is named could be no job.
    """
    if len(model_definition) > _LONGEST or f'"{KEY}"' not in model_definition:
        return ""
    definition = json_object_from(model_definition)
    if set(definition) != {KEY}:
        return ""
    job_id = definition[KEY]
    if not isinstance(job_id, str):
        raise InvalidField(f"model.job must be the id of a job, got {job_id!r}", field="model_definition")
    return check_identifier(job_id, field="model_definition")
