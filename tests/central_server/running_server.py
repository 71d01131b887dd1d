"""A whole central server in the test's own event loop, and stubs that talk to it over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from central_server.process import CentralServer, Listening
from central_server.settings import Settings
from cyxwiz.aio.several_servers import SeveralServers
from shared.pb import artifact_pb2_grpc, deployment_pb2_grpc, job_pb2, job_pb2_grpc, node_pb2_grpc, security_pb2_grpc

A_MODEL_DEFINITION = '{"layers": [{"type": "dense", "units": 10}]}'


@dataclass(frozen=True, slots=True)
class Server:
    """A server under test and a channel to it."""

    stop: asyncio.Event
    listening: Listening
    channel: grpc.aio.Channel
    jobs: job_pb2_grpc.JobServiceAsyncStub
    nodes: node_pb2_grpc.NodeDiscoveryServiceAsyncStub
    management: node_pb2_grpc.NodeManagementServiceAsyncStub
    artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub
    security: security_pb2_grpc.SecurityServiceAsyncStub
    deployments: deployment_pb2_grpc.DeploymentServiceAsyncStub
    token: str

    @property
    def http(self) -> str:
        """Where HTTP is served."""
        return f"http://{self.listening.http}"

    @property
    def headers(self) -> dict[str, str]:
        """What lets a request over HTTP change something: the admin's token."""
        return {"authorization": f"Bearer {self.token}"}


@asynccontextmanager
async def running_server(state_dir: Path, **settings: Any) -> AsyncIterator[Server]:
    """Run a server on free ports until the block ends."""
    stop = asyncio.Event()
    ready: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    values: dict[str, Any] = {"listen": "127.0.0.1:0", "http_listen": "127.0.0.1:0", "state_dir": state_dir} | settings
    async with asyncio.TaskGroup() as tasks:
        central = CentralServer(Settings(**values))
        tasks.create_task(central.run(stop=stop, on_ready=ready.set_result))
        try:
            listening = await ready
            async with grpc.aio.insecure_channel(str(listening.grpc)) as channel:
                yield server_on(channel, stop, listening, token=admin_token_in(state_dir))
        finally:
            stop.set()


def admin_token_in(state_dir: Path) -> str:
    """Return the token that the first server of a database leaves; empty at another one."""
    file = state_dir / "admin-token"
    return file.read_text().strip() if file.exists() else ""


def server_on(channel: grpc.aio.Channel, stop: asyncio.Event, listening: Listening, *, token: str) -> Server:
    """Return stubs on a channel; those for operators and admins show the token."""
    as_admin: Any = SeveralServers(
        [""], dial=lambda _: channel, monotonic_seconds=lambda: 0.0, metadata=(("authorization", f"Bearer {token}"),)
    )
    return Server(
        stop=stop,
        listening=listening,
        channel=channel,
        jobs=job_pb2_grpc.JobServiceStub(channel),
        nodes=node_pb2_grpc.NodeDiscoveryServiceStub(channel),
        management=node_pb2_grpc.NodeManagementServiceStub(as_admin),
        artifacts=artifact_pb2_grpc.ArtifactServiceStub(channel),
        security=security_pb2_grpc.SecurityServiceStub(as_admin),
        deployments=deployment_pb2_grpc.DeploymentServiceStub(channel),
        token=token,
    )


def a_config(**fields: Any) -> job_pb2.JobConfig:
    """Return a config that is accepted."""
    values: dict[str, Any] = {
        "model_definition": A_MODEL_DEFINITION,
        "dataset_uri": "builtin://digits",
        "batch_size": 32,
        "epochs": 1,
    }
    return job_pb2.JobConfig(**(values | fields))


async def submit(server: Server, **fields: Any) -> str:
    """Submit a config that is accepted and return the job's id."""
    answer = await server.jobs.SubmitJob(job_pb2.SubmitJobRequest(config=a_config(**fields)))
    job_id: str = answer.job_id
    return job_id


async def status_of(server: Server, job_id: str) -> job_pb2.JobStatus:
    """Return how a job stands."""
    return (await server.jobs.GetJobStatus(job_pb2.GetJobStatusRequest(job_id=job_id))).status


async def until_state(server: Server, job_id: str, state: str) -> job_pb2.Job:
    """Watch a job until it is in `state`."""
    async for update in server.jobs.WatchJob(job_pb2.WatchJobRequest(job_id=job_id)):
        if update.job.status.state == state:
            job: job_pb2.Job = update.job
            return job
    raise AssertionError(f"job {job_id} ended without ever being {state}")


async def call_with_bytes(server: Server, method: str, raw: bytes) -> bytes:
    """Call a unary method of the public services with whatever bytes."""
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = server.channel.unary_unary(f"/cyxwiz.protocol.{method}")
    return await call(raw)


async def stream_with_bytes(server: Server, method: str, raw: bytes) -> None:
    """Call a streaming method with whatever bytes and read it to its end."""
    call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = server.channel.unary_stream(f"/cyxwiz.protocol.{method}")
    async for _ in call(raw):
        pass


def violated_fields(error: grpc.aio.AioRpcError) -> list[str]:
    """Return the fields that an error's details name."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    assert isinstance(details, bytes)
    bad_request = error_details_pb2.BadRequest()
    for detail in status_pb2.Status.FromString(details).details:
        if detail.Unpack(bad_request):
            return [violation.field for violation in bad_request.field_violations]
    return []


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """Return our own stable code in an error's details."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    assert isinstance(details, bytes)
    info = error_details_pb2.ErrorInfo()
    reason: str = next(info.reason for detail in status_pb2.Status.FromString(details).details if detail.Unpack(info))
    return reason
