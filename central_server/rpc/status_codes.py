"""From our error tree to the status that a gRPC call ends with. It raises and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import grpc

from shared import errors
from shared.error_answers import DETAILS_KEY, codes_of, status_details

_BY_NUMBER = MappingProxyType({code.value[0]: code for code in grpc.StatusCode})


@dataclass(frozen=True, slots=True)
class RpcStatus:
    """What an rpc ends with."""

    code: grpc.StatusCode
    sentence: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def status_of(error: errors.CyxWizError) -> RpcStatus:
    """Return the status that tells a client about `error`."""
    details = status_details(error)
    return RpcStatus(_BY_NUMBER[details.code], details.message, ((DETAILS_KEY, details.SerializeToString()),))


def code_of(kind: type[errors.CyxWizError]) -> grpc.StatusCode:
    """Return the gRPC code of a class of our errors."""
    return _BY_NUMBER[codes_of(kind).rpc]
