"""gRPC's health service, with what the library leaves out: the list of services, and a sentence with a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grpc import StatusCode
from grpc_health.v1 import health, health_pb2

from central_server.rpc.context import Context

LONGEST_NAME_SHOWN = 100
_messages: Any = health_pb2  # its types are older than the list


class HealthService(health.aio.HealthServicer):
    """Tells whether this server and each service of it answers.

    Args:
        names: the services; the server as a whole has the empty name.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = ("", *names)

    async def Check(  # noqa: N802 - the rpc's name
        self, request: health_pb2.HealthCheckRequest, context: Context
    ) -> health_pb2.HealthCheckResponse:
        """Tell it of one service."""
        if request.service not in self._names:
            name = request.service[:LONGEST_NAME_SHOWN]
            await context.abort(StatusCode.NOT_FOUND, f"service must be one that is served here or empty, got {name!r}")
        return await super().Check(request, context)

    async def List(self, _request: object, context: Context) -> Any:  # noqa: N802 - the rpc's name
        """Tell it of every service."""
        statuses = {
            name: await super(HealthService, self).Check(health_pb2.HealthCheckRequest(service=name), context)
            for name in self._names
        }
        return _messages.HealthListResponse(statuses=statuses)
