"""What a broken call says, in one line."""

from __future__ import annotations

import grpc.aio


def why_it_broke(failure: BaseException) -> str:
    """Return the status and details of a failed call, or whatever else the failure says."""
    if isinstance(failure, grpc.aio.AioRpcError):
        return f"{failure.code().name}: {failure.details() or 'no details'}"
    return f"{type(failure).__name__}: {failure}"
