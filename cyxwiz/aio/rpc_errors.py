"""From a failed rpc to one of `cyxwiz.errors`: the class by status code, the field by google.rpc.BadRequest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from cyxwiz.errors import (
    AlreadyExists,
    CyxWizError,
    InvalidField,
    NotAllowed,
    NotFound,
    NotSupported,
    OverQuota,
    ServerFault,
    ServerNotTrusted,
    ServerUnreachable,
    TooLarge,
    TooManyRequests,
    UserMistake,
    WrongState,
)
from shared.tls_failures import certificate_failure, closed_while_connecting

if TYPE_CHECKING:
    from cyxwiz.aio.status_details import StatusDetails

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
_BY_REASON: dict[str, type[UserMistake]] = {OverQuota.code: OverQuota, TooManyRequests.code: TooManyRequests}
"""Two that share their status code with others."""

# A server that stops cancels its open streams; an rpc that we cancel ourselves never comes here.
_AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
# What gRPC itself says on our side when a write meets a stream that was cut in the same moment; no server sent it.
_CUT_UNDER_A_WRITE = "Internal error from Core"


def error_from_rpc(error: grpc.aio.AioRpcError, *, address: str, speaks_tls: bool = False) -> CyxWizError:
    """Return what `error` means to the caller; `address` is where the server should have been."""
    code = error.code()
    told = _details(error)
    text = (told.message if told is not None else "") or error.details() or ""
    if code in _MISTAKES:
        kind = _BY_REASON.get(told.reason if told is not None else "", _MISTAKES[code])
        return kind(text or code.name, field=told.field if told is not None else "")
    if code in _AWAY or (code is grpc.StatusCode.INTERNAL and error.details() == _CUT_UNDER_A_WRITE):
        return _away(address, text, is_servers_word=told is not None, speaks_tls=speaks_tls)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return ServerUnreachable(
            f"the central server at {address} did not answer in time; is it overloaded or cut off?"
        )
    return ServerFault(f"the central server at {address} failed with {code.name}: {text or 'no details'}; see its log")


def _away(address: str, text: str, *, is_servers_word: bool, speaks_tls: bool) -> ServerUnreachable:
    if is_servers_word:
        return ServerUnreachable(f"the central server at {address} cannot take this now: {text}")
    if lasting := certificate_failure(text, address):
        return ServerNotTrusted(lasting)
    return ServerUnreachable(
        closed_while_connecting(text, address, speaks_tls=speaks_tls)
        or f"no central server answers at {address}: start one with 'cyxwiz up', "
        "or say where it is with --server HOST:PORT or CYXWIZ_SERVER"
    )


def _details(error: grpc.aio.AioRpcError) -> StatusDetails | None:
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            from cyxwiz.aio.status_details import status_details_from  # noqa: PLC0415  # loads google.rpc

            return status_details_from(value)
    return None
