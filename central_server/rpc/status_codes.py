"""From our error tree to gRPC's status codes, with details a program can read. It raises and sends nothing.

Every status carries `google.rpc.ErrorInfo` with our stable code; one that is a field's fault carries
`google.rpc.BadRequest` with the field too.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from shared import errors

DETAILS_KEY = "grpc-status-details-bin"
"""The trailing metadata in which gRPC clients look for rich details."""

MAX_SENTENCE_BYTES = 900
"""Longer ones are cut: a status travels in HTTP headers, which have little room."""

_STATUS_CODES = MappingProxyType(
    {
        errors.InvalidField: grpc.StatusCode.INVALID_ARGUMENT,
        errors.NotFound: grpc.StatusCode.NOT_FOUND,
        errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
        errors.WrongState: grpc.StatusCode.FAILED_PRECONDITION,
        errors.TooLarge: grpc.StatusCode.RESOURCE_EXHAUSTED,
        errors.OverQuota: grpc.StatusCode.RESOURCE_EXHAUSTED,
        errors.NotAuthenticated: grpc.StatusCode.UNAUTHENTICATED,
        errors.NotPermitted: grpc.StatusCode.PERMISSION_DENIED,
        errors.TooManyRequests: grpc.StatusCode.RESOURCE_EXHAUSTED,
        errors.NotSupported: grpc.StatusCode.UNIMPLEMENTED,
        errors.BadData: grpc.StatusCode.INVALID_ARGUMENT,
        errors.TrainingDiverged: grpc.StatusCode.FAILED_PRECONDITION,
        errors.UserMistake: grpc.StatusCode.INVALID_ARGUMENT,
        errors.PeerFault: grpc.StatusCode.INVALID_ARGUMENT,
        errors.MachineFailure: grpc.StatusCode.UNAVAILABLE,
        errors.OurBug: grpc.StatusCode.INTERNAL,
        errors.CyxWizError: grpc.StatusCode.INTERNAL,
    }
)
"""A class that is not listed has the code of its nearest ancestor."""


@dataclass(frozen=True, slots=True)
class RpcStatus:
    """What an rpc ends with."""

    code: grpc.StatusCode
    sentence: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def status_of(error: errors.CyxWizError) -> RpcStatus:
    """Return the status that tells a client about `error`."""
    code = code_of(type(error))
    sentence = short_sentence(str(error))
    details = status_pb2.Status(code=number_of(code), message=sentence)
    details.details.append(_packed(error_details_pb2.ErrorInfo(reason=error.code, domain="cyxwiz")))
    field = error.field if isinstance(error, errors.UserMistake) else ""
    if field:
        violation = error_details_pb2.BadRequest.FieldViolation(field=short_sentence(field), description=sentence)
        details.details.append(_packed(error_details_pb2.BadRequest(field_violations=[violation])))
    return RpcStatus(code, sentence, ((DETAILS_KEY, details.SerializeToString()),))


def code_of(kind: type[errors.CyxWizError]) -> grpc.StatusCode:
    """Return the gRPC code of a class of our errors."""
    return next(_STATUS_CODES[ancestor] for ancestor in kind.__mro__ if ancestor in _STATUS_CODES)


def number_of(code: grpc.StatusCode) -> int:
    """Return the code's number on the wire."""
    number: int = code.value[0]
    return number


def short_sentence(text: str) -> str:
    """Return `text` as valid UTF-8 of at most `MAX_SENTENCE_BYTES`."""
    encoded = text.encode("utf-8", errors="replace")
    if len(encoded) <= MAX_SENTENCE_BYTES:
        return encoded.decode()
    return encoded[: MAX_SENTENCE_BYTES - 4].decode(errors="ignore") + " …"


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed
