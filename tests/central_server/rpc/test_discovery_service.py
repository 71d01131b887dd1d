"""Finding nodes, as older clients do."""

from importlib.metadata import version
from typing import Any

import grpc
import pytest

from shared.clock import SystemClock
from shared.node_messages import OfferAttempt
from shared.pb import common_pb2, node_pb2
from tests.builders import GIB
from tests.central_server.fake_node import a_connected_node
from tests.central_server.running_server import Server, submit, violated_fields


async def ids_found(server: Server, **fields: Any) -> list[str]:
    answer = await server.nodes.FindNodes(node_pb2.FindNodesRequest(**fields))
    return [node.node_id for node in answer.nodes]


async def test_a_node_is_found_with_its_devices(server: Server) -> None:
    async with a_connected_node(server, "a", gpus=1):
        (node,) = (await server.nodes.ListNodes(node_pb2.ListNodesRequest())).nodes
    assert (node.node_id, node.is_online, node.state, node.slots) == ("a", True, "ready", 2)
    assert [device.device_type for device in node.devices] == [common_pb2.DEVICE_CPU, common_pb2.DEVICE_CUDA]
    assert node.devices[1].vram_total == 4 * GIB
    assert (node.version.major, node.version.minor) == (0, 1)
    assert not node.wallet_address


async def test_a_list_of_nodes_is_trailed_by_the_servers_version_and_clock(server: Server) -> None:
    before_ms = SystemClock().unix_ms()
    call = server.nodes.ListNodes(node_pb2.ListNodesRequest())
    await call
    facts = dict(await call.trailing_metadata())
    assert facts["cyxwiz-version"] == version("cyxwiz")
    assert before_ms <= int(facts["cyxwiz-unix-ms"]) <= SystemClock().unix_ms()


async def test_nodes_are_filtered_by_what_they_have(server: Server) -> None:
    async with a_connected_node(server, "cpu"), a_connected_node(server, "gpu", gpus=1):
        assert await ids_found(server) == ["cpu", "gpu"]
        assert await ids_found(server, required_device=common_pb2.DEVICE_CUDA) == ["gpu"]
        assert await ids_found(server, required_device=common_pb2.DEVICE_METAL) == []
        assert await ids_found(server, min_memory=64 * GIB) == []
        assert await ids_found(server, min_vram=GIB) == ["gpu"]
        assert await ids_found(server, min_compute_score=6.0) == ["gpu"]
        assert await ids_found(server, max_results=1) == ["cpu"]
        assert await ids_found(server, allowed_regions=["mars"]) == []
        by_performance = node_pb2.FindNodesRequest.SORT_BY_PERFORMANCE
        assert await ids_found(server, sort_by=by_performance) == ["gpu", "cpu"]
        assert await ids_found(server, max_price_per_hour=0.0, require_free_tier=True) == ["cpu", "gpu"]


async def test_an_offline_node_is_listed_and_not_found(server: Server) -> None:
    async with a_connected_node(server, "a"):
        pass
    async with a_connected_node(server, "b"):
        listed = await server.nodes.ListNodes(node_pb2.ListNodesRequest())
        online = await server.nodes.ListNodes(node_pb2.ListNodesRequest(online_only=True))
        assert await ids_found(server) == ["b"]
    assert [(node.node_id, node.is_online) for node in listed.nodes] == [("a", False), ("b", True)]
    assert (listed.total_count, listed.online_count) == (2, 1)
    assert [node.node_id for node in online.nodes] == ["b"]


async def test_pages_hold_every_node_once(server: Server) -> None:
    async with a_connected_node(server, "a"), a_connected_node(server, "b"), a_connected_node(server, "c"):
        seen, token = [], ""
        while True:
            request = node_pb2.ListNodesRequest(page_size=2, page_token=token, sort_descending=True)
            page = await server.nodes.ListNodes(request)
            seen += [node.node_id for node in page.nodes]
            if not (token := page.next_page_token):
                break
    assert seen == ["c", "b", "a"]


async def test_a_node_shows_what_runs_on_it(server: Server) -> None:
    job_id = await submit(server, estimated_memory=GIB)
    async with a_connected_node(server) as node:
        await node.start(await node.expect(OfferAttempt))
        info = (await server.nodes.GetNodeInfo(node_pb2.GetNodeInfoRequest(node_id="a"))).info
    assert [(running.job_id, running.attempt) for running in info.attempts] == [(job_id, 1)]
    assert info.devices[0].memory_promised > 0


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("FindNodes", {"max_results": -1}, "max_results"),
        ("FindNodes", {"required_device": 99}, "required_device"),
        ("FindNodes", {"sort_by": 99}, "sort_by"),
        ("ListNodes", {"page_size": -1}, "page_size"),
        ("ListNodes", {"page_token": "what"}, "page_token"),
        ("ListNodes", {"filter_device": 99}, "filter_device"),
        ("GetNodeInfo", {}, "node_id"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_bad_request_is_an_invalid_argument(
    shared_server: Server, method: str, fields: dict[str, Any], field: str
) -> None:
    request = getattr(node_pb2, f"{method}Request")(**fields)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await getattr(shared_server.nodes, method)(request)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violated_fields(refused.value) == [field]


async def test_an_unknown_node_is_not_found(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.nodes.GetNodeInfo(node_pb2.GetNodeInfoRequest(node_id="nobody"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
