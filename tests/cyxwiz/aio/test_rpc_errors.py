"""What failed rpcs mean to the caller."""

from __future__ import annotations

import grpc
import pytest

from cyxwiz.aio.rpc_errors import error_from_rpc
from cyxwiz.errors import CyxWizError, NotFound, ServerFault, ServerUnreachable

_NO_METADATA = grpc.aio.Metadata()


def _failure(code: grpc.StatusCode, details: str) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, _NO_METADATA, _NO_METADATA, details=details)


@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, "connection refused", ServerUnreachable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "", ServerUnreachable),
        (grpc.StatusCode.INTERNAL, "Internal error from Core", ServerUnreachable),
        (grpc.StatusCode.INTERNAL, "a bug over there", ServerFault),
        (grpc.StatusCode.NOT_FOUND, "no such job", NotFound),
    ],
)
def test_a_status_becomes_the_error_that_says_whether_trying_again_helps(
    code: grpc.StatusCode, details: str, kind: type[CyxWizError]
) -> None:
    assert type(error_from_rpc(_failure(code, details), address="127.0.0.1:1")) is kind
