"""From our errors, and the framework's own, to HTTP: a sentence and the field at fault, always in one form."""

from __future__ import annotations

import logging
import math
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from central_server.structured_logging import log_event
from shared import errors
from shared.error_answers import SERVER_ERROR, codes_of, short_sentence

_BAD_REQUEST = 400

_logger = logging.getLogger(__name__)


class Problem(BaseModel):
    """What every error answers with."""

    detail: str = Field(description="One sentence: what was expected, what came, what to do.")
    field: str = Field(description="The parameter or the key of the job file at fault; empty when there is no one.")


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request cannot be read."},
    401: {"model": Problem, "description": "The credentials are wrong, expired or missing."},
    403: {"model": Problem, "description": "The caller is known, and may not do this."},
    404: {"model": Problem, "description": "There is no such job, node, file or table."},
    409: {"model": Problem, "description": "It is not in a state that allows this, or the id is taken."},
    413: {"model": Problem, "description": "More than a stated limit."},
    422: {"model": Problem, "description": "A field is missing, wrong or out of range."},
    429: {"model": Problem, "description": "Faster than this caller may ask; Retry-After says when to try again."},
    503: {"model": Problem, "description": "The server cannot do it at this moment; try again."},
}


class Unreadable(errors.UserMistake):
    """The body is not what its type says."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of these errors for a route's OpenAPI."""
    return {status: PROBLEMS[status] for status in statuses}


def add_error_answers(app: FastAPI) -> None:
    """Let every error of ours and of the framework end as a `Problem`."""
    app.add_exception_handler(errors.CyxWizError, answer_to)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(ClientDisconnect, _of_nobody)
    app.add_exception_handler(Exception, _unmeant)


def problem(status: int, detail: str, field: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an error's answer, as much of it as anybody reads: what a request held may stand in it, however long."""
    return JSONResponse(
        {"detail": short_sentence(detail), "field": short_sentence(field)}, status_code=status, headers=headers
    )


async def answer_to(_request: Request, error: Exception) -> JSONResponse:
    """Return what an error of ours answers with."""
    if isinstance(error, Unreadable):
        return problem(_BAD_REQUEST, str(error), error.field)
    assert isinstance(error, errors.CyxWizError)
    status = codes_of(type(error)).http
    if status == SERVER_ERROR:
        return await _unmeant(_request, error)
    if isinstance(error, errors.TooManyRequests):
        return problem(status, str(error), headers={"Retry-After": str(math.ceil(error.retry_after_seconds))})
    if isinstance(error, errors.NotAuthenticated):
        return problem(status, str(error), headers={"WWW-Authenticate": "Bearer"})
    if isinstance(error, errors.MachineFailure):
        log_event(_logger, "request_failed", is_warning=True, code=error.code, cause=str(error))
    return problem(status, str(error), error.field if isinstance(error, errors.UserMistake) else "")


async def _of_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    if first["type"] == "json_invalid":
        return problem(_BAD_REQUEST, "the body must be JSON", "")
    return problem(422, f"{where or 'the body'}: {first['msg']}", where)


async def _of_framework(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _of_nobody(_request: Request, _error: Exception) -> JSONResponse:
    return problem(_BAD_REQUEST, "the body ended before all of it came")


async def _unmeant(_request: Request, error: Exception) -> JSONResponse:
    _logger.error("http_handler_broke", exc_info=error)
    return problem(SERVER_ERROR, "the server made a mistake of its own; its log has the trace")
