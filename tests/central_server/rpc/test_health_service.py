"""The health service of the library, as this server completes it."""

from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.central_server.running_server import Server

messages: Any = health_pb2  # its types are older than the list

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_service_is_listed_with_how_it_is(shared_server: Server) -> None:
    stub: Any = health_pb2_grpc.HealthStub(shared_server.channel)
    listed = await stub.List(messages.HealthListRequest(), timeout=10)
    serving = health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
    assert listed.statuses["cyxwiz.protocol.JobService"] == serving == listed.statuses[""]


async def test_a_service_that_is_not_here_is_refused_in_a_sentence(shared_server: Server) -> None:
    stub: Any = health_pb2_grpc.HealthStub(shared_server.channel)
    with pytest.raises(grpc.aio.AioRpcError, match="must be one that is served here or empty, got 'x'") as refusal:
        await stub.Check(health_pb2.HealthCheckRequest(service="x"), timeout=10)
    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
