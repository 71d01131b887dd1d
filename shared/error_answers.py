"""What a caller is told of each class of our errors: a gRPC status with details for programs, and a status of HTTP.

Every gRPC status carries `google.rpc.ErrorInfo` with our stable code; one that is a field's fault carries
`google.rpc.BadRequest` with the field too. It raises and sends nothing.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2, error_details_pb2, status_pb2

from shared import errors

DETAILS_KEY = "grpc-status-details-bin"
"""The trailing metadata in which gRPC clients look for rich details."""

MOST_SENTENCE_BYTES = 900
"""Longer ones are cut: a status travels in HTTP headers, which have little room."""

SERVER_ERROR = 500


class AnswerCodes(NamedTuple):
    """How an error ends a call: the number of `google.rpc.Code`, and the status of HTTP."""

    rpc: int
    http: int


_CODES = MappingProxyType(
    {
        errors.NotFound: AnswerCodes(code_pb2.NOT_FOUND, 404),
        errors.AlreadyExists: AnswerCodes(code_pb2.ALREADY_EXISTS, 409),
        errors.WrongState: AnswerCodes(code_pb2.FAILED_PRECONDITION, 409),
        errors.TooLarge: AnswerCodes(code_pb2.RESOURCE_EXHAUSTED, 413),
        errors.OverQuota: AnswerCodes(code_pb2.RESOURCE_EXHAUSTED, 409),
        errors.NotAuthenticated: AnswerCodes(code_pb2.UNAUTHENTICATED, 401),
        errors.NotPermitted: AnswerCodes(code_pb2.PERMISSION_DENIED, 403),
        errors.TooManyRequests: AnswerCodes(code_pb2.RESOURCE_EXHAUSTED, 429),
        errors.NotSupported: AnswerCodes(code_pb2.UNIMPLEMENTED, 422),
        errors.TrainingDiverged: AnswerCodes(code_pb2.FAILED_PRECONDITION, 422),
        errors.UserMistake: AnswerCodes(code_pb2.INVALID_ARGUMENT, 422),
        errors.PeerFault: AnswerCodes(code_pb2.INVALID_ARGUMENT, 400),
        errors.DeadlinePassed: AnswerCodes(code_pb2.DEADLINE_EXCEEDED, 504),
        errors.MachineFailure: AnswerCodes(code_pb2.UNAVAILABLE, 503),
        errors.CyxWizError: AnswerCodes(code_pb2.INTERNAL, SERVER_ERROR),
    }
)
"""A class that is not listed has the codes of its nearest ancestor."""


def codes_of(kind: type[errors.CyxWizError]) -> AnswerCodes:
    """Return the codes of a class of our errors."""
    return next(_CODES[ancestor] for ancestor in kind.__mro__ if ancestor in _CODES)


def status_details(error: errors.CyxWizError) -> status_pb2.Status:
    """Return what a gRPC status says of `error`: its code, its sentence, and details."""
    sentence = short_sentence(str(error))
    details = status_pb2.Status(code=codes_of(type(error)).rpc, message=sentence)
    details.details.append(_packed(error_details_pb2.ErrorInfo(reason=error.code, domain="cyxwiz")))
    field = error.field if isinstance(error, errors.UserMistake) else ""
    if field:
        violation = error_details_pb2.BadRequest.FieldViolation(field=short_sentence(field), description=sentence)
        details.details.append(_packed(error_details_pb2.BadRequest(field_violations=[violation])))
    return details


def short_sentence(text: str) -> str:
    """Return `text` as valid UTF-8 of at most `MOST_SENTENCE_BYTES`."""
    encoded = text.encode("utf-8", errors="replace")
    if len(encoded) <= MOST_SENTENCE_BYTES:
        return encoded.decode()
    return encoded[: MOST_SENTENCE_BYTES - 4].decode(errors="ignore") + " …"


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed
