"""From our error tree to the status that a gRPC call ends with. It raises and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import grpc

from shared import errors
from shared.error_answers import DETAILS_KEY, status_details

_BY_NUMBER = MappingProxyType({code.value[0]: code for code in grpc.StatusCode})


@dataclass(frozen=True, slots=True)
class RpcStatus:
    """What an rpc ends with."""

    code: grpc.StatusCode
    sentence: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def status_of(error: errors.CyxWizError) -> RpcStatus:
    """Return the status that tells a caller of this node about `error`."""
    details = status_details(error)
    return RpcStatus(_BY_NUMBER[details.code], details.message, ((DETAILS_KEY, details.SerializeToString()),))
