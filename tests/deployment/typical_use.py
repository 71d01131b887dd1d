"""What programs do with the SDK, with the types they may count on; it is read by a type checker and never run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

import numpy as np

import cyxwiz
from cyxwiz import Client, Job, JobSpec, aio, errors
from cyxwiz.aio.deployment import Deployment as AsyncDeployment
from cyxwiz.aio.job import Job as AsyncJob
from cyxwiz.deployment import Deployment
from cyxwiz.deployment_records import DeploymentInfo, ReplicaInfo, ServedModelInfo
from cyxwiz.metrics import Metrics
from cyxwiz.records import AttemptInfo, JobInfo, LogLine, MetricRow, NodeInfo, Plan, ResultInfo, ServerInfo
from cyxwiz.trained_model import TrainedModel
from shared.lifecycle import JobState

Array = np.ndarray[Any, np.dtype[Any]]


def train(client: Client) -> None:
    job = assert_type(client.submit(model={"layers": [128, 10]}, dataset="builtin://digits"), Job)
    assert_type(client.submit(Path("job.yaml"), epochs=3), Job)
    assert_type(client.submit("job.yaml", job_id="mine"), Job)
    assert_type(job.id, str)
    assert_type(job.spec(), JobSpec)
    info = assert_type(job.wait(timeout_seconds=60), JobInfo)
    assert_type(info.state, JobState)
    assert_type(info.metrics, Mapping[str, float])
    assert_type(info.ended_at_ms, int | None)
    if info.error is not None:
        assert_type(info.error.message, str)
    model = assert_type(job.result(), TrainedModel)
    assert_type(model["dense_1.kernel"], Array)
    assert_type(model.scores["test_accuracy"], float)
    assert_type(model.save_onnx("model.onnx"), Path)
    assert_type(job.download("results"), list[Path])


def follow(job: Job) -> None:
    for info in job.watch():
        assert_type(info, JobInfo)
        assert_type(info.progress, float)
    for line in job.logs(follow=True):
        assert_type(line, LogLine)
    rows = assert_type(job.metrics(after_step=10), Metrics)
    assert_type(rows[0], MetricRow)
    assert_type(rows[-3:], Metrics)
    assert_type(rows.curve("loss"), tuple[list[int], list[float]])
    assert_type([row.values["loss"] for row in rows], list[float])


def look_around(client: Client) -> None:
    infos = assert_type(client.jobs(state="running", limit=10, complete=True), list[JobInfo])
    assert_type(client.jobs(state=JobState.QUEUED), list[JobInfo])
    assert_type(infos[0].attempts, tuple[AttemptInfo, ...])
    assert_type(infos[0].result, ResultInfo | None)
    assert_type(client.job("an-id"), Job)
    nodes = assert_type(client.nodes(online_only=True), list[NodeInfo])
    assert_type([device.memory_bytes for node in nodes for device in node.devices], list[int])
    assert_type(client.plan("job.yaml"), Plan)
    assert_type(client.server_info(), ServerInfo)
    assert_type(client.upload(b"data"), str)


def sweep(client: Client) -> None:
    array = {"hyperparameters.learning_rate": [0.1, 0.01]}
    jobs = assert_type(client.submit_array({"model": "model.json", "array": array}), list[Job])
    best = max((job.wait() for job in jobs), key=lambda info: info.metrics["test_accuracy"])
    assert_type(best, JobInfo)


def serve(client: Client, job: Job) -> None:
    deployment = assert_type(client.deploy(job, name="digits", replicas=2), Deployment)
    assert_type(client.deploy(Path("model.onnx")), Deployment)
    assert_type(deployment.wait(timeout_seconds=30), DeploymentInfo)
    assert_type(deployment.info().replicas, tuple[ReplicaInfo, ...])
    assert_type(deployment.model(), ServedModelInfo)
    answer = deployment.predict(np.zeros((1, 64), np.float32))
    assert_type(answer, Array | dict[str, Array])
    deployment.predict({"image": [[0.0] * 64]})
    assert_type(client.deployments(), list[DeploymentInfo])
    assert_type(deployment.stop(), DeploymentInfo)


def in_a_with() -> str:
    try:
        with Client("gpu-host:50051", token="secret", ca="ca.pem") as client:
            assert_type(client, Client)
            return client.submit("job.yaml").wait().reason
    except errors.NotAllowed as error:
        return assert_type(str(error), str)
    except (errors.ServerUnreachable, errors.InvalidField):
        return assert_type(cyxwiz.__version__, str)


async def in_a_loop() -> None:
    async with aio.Client() as client:
        assert_type(client, aio.Client)
        job = assert_type(await client.submit("job.yaml"), AsyncJob)
        async for info in job.watch():
            assert_type(info, JobInfo)
        assert_type(await job.wait(), JobInfo)
        assert_type(await job.result(), TrainedModel)
        assert_type(await job.metrics(), Metrics)
        assert_type(await client.jobs(complete=True), list[JobInfo])
        assert_type(await client.submit_array(Path("sweep.yaml")), list[AsyncJob])
        deployment = assert_type(await client.deploy(job), AsyncDeployment)
        assert_type(await deployment.predict([[0.0]]), Array | dict[str, Array])


def mistakes(client: Client, job: Job) -> None:
    # A checker that finds nothing to ignore here has lost the types on its way.
    client.submit(5)  # type: ignore[arg-type]  # no number is a job
    client.jobs(limit="all")  # type: ignore[arg-type]  # a number is wanted
    job.wait(60)  # type: ignore[call-arg]  # seconds are named
    job.wait().stat  # type: ignore[attr-defined]  # noqa: B018  # there is no such attribute
