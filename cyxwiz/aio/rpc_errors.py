"""From a failed rpc to one of `cyxwiz.errors`: the class by status code, the field by google.rpc.BadRequest."""

from __future__ import annotations

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from cyxwiz.errors import (
    AlreadyExists,
    CyxWizError,
    InvalidField,
    NotAllowed,
    NotFound,
    NotSupported,
    OverQuota,
    ServerFault,
    ServerUnreachable,
    TooLarge,
    UserMistake,
    WrongState,
)

_DETAILS_KEY = "grpc-status-details-bin"

_MISTAKES: dict[grpc.StatusCode, type[UserMistake]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidField,
    grpc.StatusCode.OUT_OF_RANGE: InvalidField,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExists,
    grpc.StatusCode.FAILED_PRECONDITION: WrongState,
    grpc.StatusCode.RESOURCE_EXHAUSTED: TooLarge,
    grpc.StatusCode.UNIMPLEMENTED: NotSupported,
    grpc.StatusCode.PERMISSION_DENIED: NotAllowed,
    grpc.StatusCode.UNAUTHENTICATED: NotAllowed,
}
# A server that stops cancels its open streams; an rpc that we cancel ourselves never comes here.
_AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
# What gRPC itself says on our side when a write meets a stream that was cut in the same moment; no server sent it.
_CUT_UNDER_A_WRITE = "Internal error from Core"


def error_from_rpc(error: grpc.aio.AioRpcError, *, address: str) -> CyxWizError:
    """Return what `error` means to the caller; `address` is where the server should have been."""
    code = error.code()
    status = _rich_status(error)
    text = (status.message if status is not None else "") or error.details() or ""
    if code in _MISTAKES:
        kind = OverQuota if _reason(status) == OverQuota.code else _MISTAKES[code]
        return kind(text or code.name, field=_field_at_fault(status))
    if code in _AWAY or (code is grpc.StatusCode.INTERNAL and error.details() == _CUT_UNDER_A_WRITE):
        return ServerUnreachable(_away_sentence(address, text if status is not None else ""))
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return ServerUnreachable(
            f"the central server at {address} did not answer in time; is it overloaded or cut off?"
        )
    return ServerFault(f"the central server at {address} failed with {code.name}: {text or 'no details'}; see its log")


def _away_sentence(address: str, servers_own_words: str) -> str:
    if servers_own_words:
        return f"the central server at {address} cannot take this now: {servers_own_words}"
    return (
        f"no central server answers at {address}: start one with 'cyxwiz up', "
        "or say where it is with --server HOST:PORT or CYXWIZ_SERVER"
    )


def _rich_status(error: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None


def _reason(status: status_pb2.Status | None) -> str:
    info = error_details_pb2.ErrorInfo()
    for detail in status.details if status is not None else ():
        if detail.Unpack(info):
            return str(info.reason)
    return ""


def _field_at_fault(status: status_pb2.Status | None) -> str:
    bad_request = error_details_pb2.BadRequest()
    for detail in status.details if status is not None else ():
        if detail.Unpack(bad_request) and bad_request.field_violations:
            return str(bad_request.field_violations[0].field)
    return ""
