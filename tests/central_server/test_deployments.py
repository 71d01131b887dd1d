"""Deployments on a real server, with nodes that say they serve and compute nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from shared.node_messages import AttemptEnded, OfferAttempt, Outcome, StopAttempt
from shared.pb import deployment_pb2, job_pb2
from tests.central_server.fake_node import FakeNode, a_connected_node, upload
from tests.central_server.running_server import Server, running_server, submit, until_state, violated_fields

PATIENCE_SECONDS = 10
DEFINITION = '{"layers":[{"type":"dense","units":10}]}'


@asynccontextmanager
async def a_serving_node(server: Server, node_id: str = "a", **fields: Any) -> AsyncIterator[FakeNode]:
    async with a_connected_node(
        server, node_id, serving_address=f"127.0.0.1:{50_000 + ord(node_id)}", **fields
    ) as node:
        yield node


async def a_model(server: Server, content: bytes = b"weights") -> deployment_pb2.ModelInfo:
    file = await upload(server, "model.safetensors", content)
    return deployment_pb2.ModelInfo(
        source_url=f"artifact://sha256:{file.sha256}", model_definition=DEFINITION, input_shape=[4]
    )


async def deploy(server: Server, model: deployment_pb2.ModelInfo, **fields: Any) -> deployment_pb2.Deployment:
    values: dict[str, Any] = {"name": "digits"} | fields
    config = deployment_pb2.DeploymentConfig(model=model, **values)
    answer = await server.deployments.CreateDeployment(deployment_pb2.CreateDeploymentRequest(config=config))
    return answer.deployment


async def shown(server: Server, name: str = "digits") -> deployment_pb2.Deployment:
    answer = await server.deployments.GetDeployment(deployment_pb2.GetDeploymentRequest(deployment_id=name))
    return answer.deployment


async def until(server: Server, is_so: Callable[[deployment_pb2.Deployment], bool]) -> deployment_pb2.Deployment:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            deployment = await shown(server)
            if is_so(deployment):
                return deployment
            await asyncio.sleep(0.02)


def status(deployment: deployment_pb2.Deployment) -> str:
    return deployment_pb2.DeploymentStatus.Name(deployment.status).removeprefix("DEPLOYMENT_STATUS_")


def addresses(deployment: deployment_pb2.Deployment) -> list[str]:
    return [replica.address for replica in deployment.replicas if replica.is_ready]


async def test_a_replica_is_a_hidden_job_on_a_node_that_serves(server: Server) -> None:
    async with a_connected_node(server, "b"):
        await deploy(server, await a_model(server))
        waiting = await until(server, lambda it: bool(it.replicas))
        assert (status(waiting), waiting.status_message) == (
            "PENDING",
            "b serves no models: its operator has not said --listen",
        )
        async with a_serving_node(server) as node:
            offer = await node.expect(OfferAttempt)
            assert offer.spec.serving is not None
            assert (offer.spec.serving.name, offer.spec.serving.input_shape) == ("digits", (4,))
            await node.start(offer)
            ready = await until(server, lambda it: status(it) == "READY")
            assert addresses(ready) == ["127.0.0.1:50097"]
            assert (ready.endpoint_url, ready.assigned_node.node_id) == ("grpc://127.0.0.1:50097", "a")
            listed = await server.jobs.ListJobs(job_pb2.ListJobsRequest())
            assert (len(listed.jobs), listed.total_count) == (0, 0)
            serving = job_pb2.ListJobsRequest(filter_type=job_pb2.JOB_TYPE_SERVING)
            assert [job.job_id for job in (await server.jobs.ListJobs(serving)).jobs] == [offer.key.job_id]


async def test_a_lost_replica_is_placed_again_and_a_cancelled_one_is_replaced(server: Server) -> None:
    await deploy(server, await a_model(server))
    async with a_serving_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await node.say(AttemptEnded(offer.key, Outcome.PREEMPTED))
        again = await node.expect(OfferAttempt)
        assert (again.key.job_id, again.key.number) == (offer.key.job_id, 2)
        await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id=offer.key.job_id))
        await node.expect(StopAttempt)
        other = await node.expect(OfferAttempt)
        assert other.key.job_id != offer.key.job_id


async def test_a_restarted_server_goes_on_with_the_replicas_it_finds(tmp_path: Path) -> None:
    async with running_server(tmp_path) as first:
        await deploy(first, await a_model(first), replicas=2)
        before = await until(first, lambda it: len(it.replicas) == 2)
    async with running_server(tmp_path) as second, a_serving_node(second) as node:
        offers = [await node.expect(OfferAttempt) for _ in range(2)]
        assert {offer.key.job_id for offer in offers} == {replica.job_id for replica in before.replicas}
        for offer in offers:
            await node.start(offer)
        await until(second, lambda it: len(addresses(it)) == 2)


async def test_another_model_replaces_the_first_once_it_answers(tmp_path: Path) -> None:
    async with running_server(tmp_path, replica_drain_seconds=0.2) as server, a_serving_node(server) as node:
        first = await a_model(server)
        assert (await deploy(server, first)).generation == 1
        old = await node.expect(OfferAttempt)
        await node.start(old)
        await until(server, lambda it: len(addresses(it)) == 1)
        assert (await deploy(server, first)).generation == 1
        assert (await deploy(server, await a_model(server, b"others"))).generation == 2
        new = await node.expect(OfferAttempt)
        assert new.spec.weights != old.spec.weights
        during = await shown(server)
        assert [replica.generation for replica in during.replicas if replica.is_ready] == [1]
        await node.start(new)
        after = await until(server, lambda it: [one.generation for one in it.replicas if one.is_ready] == [2])
        assert {replica.job_id for replica in after.replicas} == {old.key.job_id, new.key.job_id}
        assert (await node.expect(StopAttempt)).key == old.key
        await node.say(AttemptEnded(old.key, Outcome.CANCELLED))
        assert len((await until(server, lambda it: len(it.replicas) == 1)).replicas) == 1


async def test_a_model_that_cannot_be_served_is_not_tried_for_ever(server: Server) -> None:
    await deploy(server, await a_model(server))
    async with a_serving_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.say(AttemptEnded(offer.key, Outcome.FAILED, error_code="bad_data", message="no such weights"))
        failed = await until(server, lambda it: status(it) == "FAILED")
        assert failed.status_message == "generation 1 cannot be served: no such weights"
        assert (await deploy(server, await a_model(server))).generation == 2
        assert (await node.expect(OfferAttempt)).key.job_id != offer.key.job_id


async def test_stopping_ends_the_replicas_and_deleting_forgets(server: Server) -> None:
    await deploy(server, await a_model(server))
    async with a_serving_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        stop = deployment_pb2.StopDeploymentRequest(deployment_id="digits")
        assert status((await server.deployments.StopDeployment(stop)).deployment) == "STOPPED"
        assert (await node.expect(StopAttempt)).key == offer.key
        await node.say(AttemptEnded(offer.key, Outcome.CANCELLED))
        await until(server, lambda it: it.stopped_at > 0 and not it.replicas)
        await server.deployments.DeleteDeployment(deployment_pb2.DeleteDeploymentRequest(deployment_id="digits"))
        with pytest.raises(grpc.aio.AioRpcError, match="there is no deployment 'digits'"):
            await until(server, lambda _: False)


async def test_a_jobs_result_says_what_its_rows_are(server: Server) -> None:
    async with a_serving_node(server) as node:
        job_id = await submit(server, dataset_uri="file://csv/./train.csv")
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        weights = await upload(server, "model.safetensors", b"weights")
        described = {"input_shape": [3], "classes": 4, "normalization": {"offset": [1.0, 2, 3], "width": [1, 1, 2.0]}}
        model = await upload(server, "model.json", json.dumps(described).encode())
        await node.say(AttemptEnded(offer.key, Outcome.SUCCEEDED, files=(weights, model), compute_seconds=1.0))
        await until_state(server, job_id, "succeeded")
        await deploy(server, deployment_pb2.ModelInfo(job_id=job_id))
        serving = (await node.expect(OfferAttempt)).spec.serving
        assert serving is not None
        assert (serving.input_shape, serving.classes, serving.offset, serving.width) == ((3,), 4, (1, 2, 3), (1, 1, 2))


REFUSALS: tuple[tuple[dict[str, Any], grpc.StatusCode, str], ...] = (
    ({"model": deployment_pb2.ModelInfo()}, grpc.StatusCode.INVALID_ARGUMENT, "config.model"),
    ({"model": deployment_pb2.ModelInfo(job_id="nobody")}, grpc.StatusCode.NOT_FOUND, "job_id"),
    (
        {"model": deployment_pb2.ModelInfo(source_url="https://elsewhere/model")},
        grpc.StatusCode.UNIMPLEMENTED,
        "config.model.source_url",
    ),
    ({"node_id": "a"}, grpc.StatusCode.UNIMPLEMENTED, "config.node_id"),
    ({"replicas": -1}, grpc.StatusCode.INVALID_ARGUMENT, "config.replicas"),
    ({"batch_size": 5000}, grpc.StatusCode.INVALID_ARGUMENT, "config.batch_size"),
    ({"runtime_params": {"warmth": "1"}}, grpc.StatusCode.INVALID_ARGUMENT, "config.runtime_params"),
    ({"name": "a b"}, grpc.StatusCode.INVALID_ARGUMENT, "config.name"),
)


async def test_what_cannot_be_deployed_is_refused_with_its_field(server: Server) -> None:
    model = await a_model(server)
    for fields, code, field in REFUSALS:
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await deploy(server, **({"model": model} | fields))
        assert (refusal.value.code(), violated_fields(refusal.value)) == (code, [field])
    assert not (await server.deployments.ListDeployments(deployment_pb2.ListDeploymentsRequest())).deployments
