"""From our error tree to the gRPC status that a caller of this node sees. It raises and sends nothing.

Every status carries `google.rpc.ErrorInfo` with our stable code, as the central server's do.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from shared import errors

DETAILS_KEY = "grpc-status-details-bin"
MOST_SENTENCE_BYTES = 900
"""Longer ones are cut: a status travels in HTTP headers, which have little room."""

_CODES = MappingProxyType(
    {
        errors.NotFound: grpc.StatusCode.NOT_FOUND,
        errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
        errors.WrongState: grpc.StatusCode.FAILED_PRECONDITION,
        errors.TooLarge: grpc.StatusCode.RESOURCE_EXHAUSTED,
        errors.OverQuota: grpc.StatusCode.RESOURCE_EXHAUSTED,
        errors.TooManyRequests: grpc.StatusCode.RESOURCE_EXHAUSTED,
        errors.NotAuthenticated: grpc.StatusCode.UNAUTHENTICATED,
        errors.NotPermitted: grpc.StatusCode.PERMISSION_DENIED,
        errors.NotSupported: grpc.StatusCode.UNIMPLEMENTED,
        errors.UserMistake: grpc.StatusCode.INVALID_ARGUMENT,
        errors.PeerFault: grpc.StatusCode.INVALID_ARGUMENT,
        errors.DeadlinePassed: grpc.StatusCode.DEADLINE_EXCEEDED,
        errors.MachineFailure: grpc.StatusCode.UNAVAILABLE,
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
    """Return the status that tells a caller about `error`."""
    code = code_of(type(error))
    sentence = str(error).encode(errors="replace")[:MOST_SENTENCE_BYTES].decode(errors="ignore")
    packed = AnyMessage()
    packed.Pack(error_details_pb2.ErrorInfo(reason=error.code, domain="cyxwiz"))
    details = status_pb2.Status(code=code.value[0], message=sentence, details=[packed])
    return RpcStatus(code, sentence, ((DETAILS_KEY, details.SerializeToString()),))


def code_of(kind: type[errors.CyxWizError]) -> grpc.StatusCode:
    """Return the gRPC code of a class of our errors."""
    return next(_CODES[ancestor] for ancestor in kind.__mro__ if ancestor in _CODES)
