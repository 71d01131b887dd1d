"""From the body of a request to the job it asks for: a job file, as JSON or YAML. It reads; it decides nothing."""

from __future__ import annotations

import asyncio

from fastapi import Request

from central_server.web.errors import Unreadable
from shared.errors import InvalidField, TooLarge
from shared.job_config import config_from_job_spec
from shared.job_spec import job_spec_from_mapping
from shared.job_text import MAX_JOB_FILE_BYTES, mapping_from_text
from shared.pb import job_pb2

_TYPES = ("application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain", "")
MOST_YAML_CHARACTERS = 512 * 1024
_FILE_KEYS = frozenset({"file", "onnx"})

BODY = {
    "requestBody": {
        "required": True,
        "description": "A job file: what `cyxwiz submit` takes, with the model written out.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/yaml": {"schema": {"type": "string"}},
            "text/yaml": {"schema": {"type": "string"}},
        },
    }
}


async def job_config_of(request: Request, *, job_id: str = "") -> job_pb2.JobConfig:
    """Return the message for the job in a request's body.

    Raises:
        Unreadable: the body is no text, or neither YAML nor JSON.
        InvalidField: something in the job is wrong.
        TooLarge: the body is.
    """
    text = await text_of(request, types=_TYPES)
    config = await asyncio.to_thread(_config_from, text)
    config.job_id = job_id
    return config


async def text_of(request: Request, *, types: tuple[str, ...]) -> str:
    """Return a request's body as text."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in types:
        raise Unreadable(f"Content-Type must be one of {', '.join(filter(None, types))}, got {kind[:100]!r}")
    try:
        return (await _within_limit(request)).decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("the body must be UTF-8 text") from None


async def _within_limit(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_JOB_FILE_BYTES:
            raise TooLarge(f"a job file may have {MAX_JOB_FILE_BYTES:,} bytes; data and weights are uploaded apart")
    return bytes(body)


def _config_from(text: str) -> job_pb2.JobConfig:
    try:
        mapping = mapping_from_text(text, source="the job file", most_yaml=MOST_YAML_CHARACTERS)
    except InvalidField as mistake:
        raise Unreadable(mistake.message, field=mistake.field) from None
    _refuse_files(mapping.get("model"))
    return config_from_job_spec(job_spec_from_mapping(mapping))


def _refuse_files(model: object) -> None:
    """A path in a job file is one of the machine where it lies; the server opens none."""
    named = sorted(_FILE_KEYS & set(model)) if isinstance(model, dict) else []
    is_path = isinstance(model, dict) and isinstance(model.get("python"), str)
    if named or is_path:
        key = named[0] if named else "python"
        raise InvalidField(
            f"model.{key} names a file, which this server cannot open: write the model out, or use 'cyxwiz submit'",
            field=f"model.{key}",
        )
