"""What operators ask of nodes over gRPC, on a real server."""

from __future__ import annotations

import math
from pathlib import Path

import grpc
import pytest

from shared.node_messages import AttemptEnded, OfferAttempt, Outcome, StopAttempt, StopMode
from shared.pb import job_pb2, node_pb2
from tests.central_server.fake_node import a_connected_node
from tests.central_server.running_server import (
    Server,
    reason_of,
    running_server,
    status_of,
    submit,
    until_state,
    violated_fields,
)


async def test_a_drained_node_is_told_to_save_its_work_and_takes_none_until_it_is_undrained(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        answer = await server.management.DrainNode(node_pb2.DrainNodeRequest(node_id="a"))
        assert answer.info.state == "draining"
        stop = await node.expect(StopAttempt)
        assert (stop.key.job_id, stop.mode) == (job_id, StopMode.CHECKPOINT)
        await node.say(AttemptEnded(offer.key, Outcome.PREEMPTED))
        await until_state(server, job_id, "queued")
        assert (await status_of(server, job_id)).waiting_reason == "a is draining"
        answer = await server.management.UndrainNode(node_pb2.UndrainNodeRequest(node_id="a"))
        assert answer.info.state == "ready"
        assert (await node.expect(OfferAttempt)).key.number == 2


async def test_a_node_stays_drained_over_a_restart(tmp_path: Path) -> None:
    async with running_server(tmp_path) as first, a_connected_node(first):
        await first.management.DrainNode(node_pb2.DrainNodeRequest(node_id="a", within_seconds=100))
    async with running_server(tmp_path) as second, a_connected_node(second):
        info = (await second.nodes.GetNodeInfo(node_pb2.GetNodeInfoRequest(node_id="a"))).info
        assert info.state == "draining"


@pytest.mark.parametrize(
    ("request_message", "code", "field"),
    [
        (node_pb2.DrainNodeRequest(), grpc.StatusCode.INVALID_ARGUMENT, "node_id"),
        (node_pb2.DrainNodeRequest(node_id="nobody"), grpc.StatusCode.NOT_FOUND, "node_id"),
        (node_pb2.DrainNodeRequest(node_id="a", within_seconds=-1), grpc.StatusCode.INVALID_ARGUMENT, "within_seconds"),
        (
            node_pb2.DrainNodeRequest(node_id="a", within_seconds=math.nan),
            grpc.StatusCode.INVALID_ARGUMENT,
            "within_seconds",
        ),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_drain_that_cannot_be_is_refused_with_its_field(
    shared_server: Server, request_message: node_pb2.DrainNodeRequest, code: grpc.StatusCode, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await shared_server.management.DrainNode(request_message)
    assert refused.value.code() is code
    assert violated_fields(refused.value) == [field]


async def test_a_job_comes_after_another_over_a_restart_of_the_server(tmp_path: Path) -> None:
    async with running_server(tmp_path) as first:
        job_id = await submit(first)
        async with a_connected_node(first) as node:
            offer = await node.expect(OfferAttempt)
            await node.say(AttemptEnded(offer.key, Outcome.SUCCEEDED))
            await until_state(first, job_id, "succeeded")
    async with running_server(tmp_path) as second:
        met = await submit(second, after=[job_id])
        unmet = await submit(second, after=[met])
        assert (await status_of(second, met)).waiting_reason == "no node is connected"
        assert (await status_of(second, unmet)).waiting_reason == f"it comes after {met}, which must succeed first"


async def test_a_job_after_one_that_is_not_here_or_failed_is_refused(server: Server) -> None:
    cancelled = await submit(server)
    await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id=cancelled))
    for after, code in (("nobody", grpc.StatusCode.INVALID_ARGUMENT), (cancelled, grpc.StatusCode.FAILED_PRECONDITION)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await submit(server, after=[after])
        assert refused.value.code() is code
        assert violated_fields(refused.value) == ["after"]


async def test_a_user_over_the_quota_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "quotas.toml").write_text("[usual]\nqueued_jobs = 1\n")
    async with running_server(tmp_path, quotas=tmp_path / "quotas.toml") as server:
        await submit(server)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await submit(server)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert reason_of(refused.value) == "over_quota"
