"""From our errors to HTTP, in the form that the central server's has too: a sentence, and the field at fault."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from server_node.own_http.messages import HttpAnswer, HttpRefusal, json_answer
from shared import errors
from shared.error_answers import SERVER_ERROR, codes_of, short_sentence

_LOG = logging.getLogger(__name__)


def problem_of(error: Exception) -> HttpAnswer:
    """Return what a caller is told about `error`; what nobody meant is logged with its trace, and told as that."""
    if isinstance(error, HttpRefusal):
        return problem(error.status, str(error), error.field, error.headers)
    status = codes_of(type(error)).http if isinstance(error, errors.CyxWizError) else SERVER_ERROR
    if status == SERVER_ERROR:
        _LOG.error("http_handler_broke", exc_info=error)
        return problem(status, "the node made a mistake of its own; its log has the trace")
    field = error.field if isinstance(error, errors.UserMistake) else ""
    return problem(status, str(error), field, _headers_of(error))


def problem(status: int, detail: str, field: str = "", headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """Return an error's answer."""
    return json_answer(status, {"detail": short_sentence(detail), "field": short_sentence(field)}, headers)


def _headers_of(error: Exception) -> dict[str, str]:
    if isinstance(error, errors.TooManyRequests):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after_seconds)))}
    if isinstance(error, errors.NotAuthenticated):
        return {"WWW-Authenticate": "Bearer"}
    return {}
