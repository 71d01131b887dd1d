"""The node's own word about deployments: what is live here, and who to ask for the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from server_node.own_services.own_side import open_own_server
from server_node.serving.deployment_service import OwnDeployments, deployment_table
from server_node.serving.live_replicas import LiveReplicas
from shared.pb import deployment_pb2 as pb
from shared.pb import deployment_pb2_grpc
from tests.server_node.serving.test_http_predictions import Callers
from tests.server_node.serving.test_replica import Bench


@pytest.fixture
async def stub() -> AsyncIterator[Any]:
    live = LiveReplicas()
    old, new = Bench(), Bench()
    for generation, bench in enumerate((old, new), start=1):
        live.add("d1", generation, bench.replica)
    old.replica.refuse()
    new.ask(1.0)
    new.work()
    own = OwnDeployments(live, node_id="node-1", servers=["central:50051"])
    listening = await open_own_server([deployment_table(own, Callers())], "127.0.0.1:0")
    async with grpc.aio.insecure_channel(listening.address) as channel:
        yield deployment_pb2_grpc.DeploymentServiceStub(channel)
    await listening.server.stop()


async def test_it_tells_of_the_replicas_that_are_live_here(stub: Any) -> None:
    listed = await stub.ListDeployments(pb.ListDeploymentsRequest())
    (one,) = listed.deployments
    assert (one.deployment_id, one.name, one.generation, one.total_requests) == ("d1", "m", 2, 1)
    assert one.status == pb.DEPLOYMENT_STATUS_RUNNING
    assert [(each.generation, each.is_ready, each.node_id) for each in one.replicas] == [
        (1, False, "node-1"),
        (2, True, "node-1"),
    ]
    assert (await stub.GetDeployment(pb.GetDeploymentRequest(deployment_id="m"))).deployment == one
    others = await stub.ListDeployments(pb.ListDeploymentsRequest(status_filter=pb.DEPLOYMENT_STATUS_FAILED))
    assert others.total_count == 0


@pytest.mark.parametrize(
    ("method", "request_", "code"),
    [
        ("GetDeployment", pb.GetDeploymentRequest(deployment_id="other"), grpc.StatusCode.NOT_FOUND),
        ("ListDeployments", pb.ListDeploymentsRequest(user_id="ada"), grpc.StatusCode.INVALID_ARGUMENT),
        ("CreateDeployment", pb.CreateDeploymentRequest(), grpc.StatusCode.UNIMPLEMENTED),
        ("StopDeployment", pb.StopDeploymentRequest(), grpc.StatusCode.UNIMPLEMENTED),
        ("DeleteDeployment", pb.DeleteDeploymentRequest(), grpc.StatusCode.UNIMPLEMENTED),
        ("GetDeploymentMetrics", pb.GetDeploymentMetricsRequest(), grpc.StatusCode.UNIMPLEMENTED),
    ],
)
async def test_what_a_node_cannot_do_is_refused_with_who_can(
    stub: Any, method: str, request_: Any, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="ask the central server central:50051") as refusal:
        await getattr(stub, method)(request_)
    assert refusal.value.code() is code


async def test_a_viewer_may_read_and_not_change(stub: Any) -> None:
    viewer = [("authorization", "Bearer viewer")]
    assert (await stub.ListDeployments(pb.ListDeploymentsRequest(), metadata=viewer)).total_count == 1
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await stub.StopDeployment(pb.StopDeploymentRequest(), metadata=viewer)
    assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
