"""From our errors to HTTP, in the form that the central server's has too: a sentence, and the field at fault."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from server_node.own_http.messages import HttpAnswer, HttpRefusal, json_answer
from shared import errors

_LOG = logging.getLogger(__name__)
_SERVER_ERROR = 500
_STATUS: tuple[tuple[type[errors.CyxWizError], int], ...] = (
    (errors.NotAuthenticated, 401),
    (errors.NotPermitted, 403),
    (errors.TooManyRequests, 429),
    (errors.NotFound, 404),
    (errors.AlreadyExists, 409),
    (errors.WrongState, 409),
    (errors.OverQuota, 409),
    (errors.TooLarge, 413),
    (errors.UserMistake, 422),
    (errors.PeerFault, 400),
    (errors.DeadlinePassed, 504),
    (errors.MachineFailure, 503),
)


def problem_of(error: Exception) -> HttpAnswer:
    """Return what a caller is told about `error`; what nobody meant is logged with its trace, and told as that."""
    if isinstance(error, HttpRefusal):
        return problem(error.status, str(error), error.field, error.headers)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), _SERVER_ERROR)
    if status == _SERVER_ERROR:
        _LOG.error("http_handler_broke", exc_info=error)
        return problem(status, "the node made a mistake of its own; its log has the trace")
    field = error.field if isinstance(error, errors.UserMistake) else ""
    return problem(status, str(error), field, _headers_of(error))


def problem(status: int, detail: str, field: str = "", headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """Return an error's answer."""
    return json_answer(status, {"detail": detail, "field": field}, headers)


def _headers_of(error: Exception) -> dict[str, str]:
    if isinstance(error, errors.TooManyRequests):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after_seconds)))}
    if isinstance(error, errors.NotAuthenticated):
        return {"WWW-Authenticate": "Bearer"}
    return {}
