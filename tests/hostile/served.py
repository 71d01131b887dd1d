"""Whole central servers, and things on them whose names attackers know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message

from server_node.connection.dialing import dial
from shared.node_message_wire import node_message_to_proto
from shared.node_messages import OfferAttempt, PlanAnswer, PlanRequest
from shared.pb import artifact_pb2, deployment_pb2, enrolment_pb2, enrolment_pb2_grpc, job_pb2, link_pb2, security_pb2
from shared.permissions import PERMISSIONS_OF, RPC_PERMISSIONS, Permission, Role
from shared.private_ca import make_request
from shared.tls_identity import node_identity
from tests.builders import a_hello
from tests.central_server.fake_node import FakeNode, a_batch, a_connected_node, send_telemetry, upload
from tests.central_server.running_server import Server, a_config, running_server, server_on, submit
from tests.hostile.every_rpc import Rpc
from tests.tls import a_tls_folder

DEFINITION = '{"layers":[{"type":"dense","units":10}]}'
WEIGHTS = b"weights"
LIMITS: dict[str, Any] = {"rate_limit": 0.0, "lease_seconds": 3600.0}


@dataclass(frozen=True, slots=True)
class Served:
    """The server, somebody of each role, and what attackers know.

    Attributes:
        known: names of jobs, nodes, deployments, tokens and artifacts that exist.
        honest: messages that are accepted as they stand.
    """

    server: Server
    tokens: Mapping[Role, str]
    known: Sequence[str]
    honest: Sequence[Message]

    def token_for(self, rpc: Rpc) -> str:
        """Return the token of somebody who may call it."""
        needed = RPC_PERMISSIONS[rpc.path]
        role = Role.NODE if needed is Permission.NODE_LINK else Role.ADMIN
        assert needed in PERMISSIONS_OF[role]
        return self.tokens[role]


@asynccontextmanager
async def everything_served(folder: Path) -> AsyncIterator[Served]:
    """Serve until the block ends, in the clear, with a node at work."""
    async with running_server(folder, **LIMITS) as server, a_connected_node(server, "known-node") as node:
        await submit(server, job_id="done")
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await send_telemetry(server, [a_batch(node, offer.key, steps=[1, 2, 3], lines=["a line"])])
        await node.succeed(offer.key)
        await submit(server, job_id="running")
        await node.start(await node.expect(OfferAttempt))
        async with asyncio.TaskGroup() as tasks:
            answering = tasks.create_task(_answer_plans(node))
            yield await _furnished(server)
            answering.cancel()


async def _answer_plans(node: FakeNode) -> None:
    while True:
        try:
            request = await node.expect(PlanRequest)
        except TimeoutError:
            continue
        await node.say(PlanAnswer(request.request_id, memory_bytes=1))


@asynccontextmanager
async def enrolment_served(folder: Path) -> AsyncIterator[Served]:
    """Serve until the block ends, with TLS, which enrolment asks for."""
    tls = a_tls_folder(folder / "tls")
    settings: dict[str, Any] = {"tls_dir": tls.path, "mutual_tls_listen": "127.0.0.1:0"} | LIMITS
    async with running_server(folder / "state", **settings) as plain:
        credentials = grpc.ssl_channel_credentials(tls.authority_certificate.read_bytes())
        async with dial(str(plain.listening.grpc), credentials) as channel:
            server = server_on(channel, plain.stop, plain.listening, token=plain.token)
            tokens = {role: await _token(server, role) for role in Role}
            join = await _join_token(server)
            yield Served(server, tokens, ["new-node", join], _honest("a" * 64, join))


async def _furnished(server: Server) -> Served:
    await submit(server, job_id="waiting", priority=1)
    file = await upload(server, "model.safetensors", WEIGHTS)
    tokens = {role: await _token(server, role) for role in Role}
    spare = await server.security.CreateToken(security_pb2.CreateTokenRequest(role="viewer", name="spare"))
    honest = _honest(file.sha256, "no-join-token")
    await server.deployments.CreateDeployment(next(_deployments(honest)))
    known = ["done", "running", "waiting", "known-node", "digits", file.sha256, spare.info.token_id, spare.token]
    return Served(server, tokens, known, honest)


async def _token(server: Server, role: Role) -> str:
    request = security_pb2.CreateTokenRequest(role=role.value, user_id=f"a-{role}")
    token: str = (await server.security.CreateToken(request)).token
    return token


async def _join_token(server: Server) -> str:
    stub = enrolment_pb2_grpc.EnrolmentServiceStub(server.channel)
    metadata = (("authorization", f"Bearer {server.token}"),)
    token: str = (await stub.CreateJoinToken(enrolment_pb2.CreateJoinTokenRequest(), metadata=metadata)).join_token
    return token


def _deployments(messages: Sequence[Message]) -> Iterator[deployment_pb2.CreateDeploymentRequest]:
    return (one for one in messages if isinstance(one, deployment_pb2.CreateDeploymentRequest))


def _honest(sha256: str, join: str) -> list[Message]:
    model = deployment_pb2.ModelInfo(
        source_url=f"artifact://sha256:{sha256}", model_definition=DEFINITION, input_shape=[4]
    )
    deployed = deployment_pb2.DeploymentConfig(model=model, name="digits")
    request = make_request(node_identity("new-node"))[1]
    return [
        a_config(),
        a_config(job_id="done"),
        job_pb2.SubmitJobRequest(config=a_config()),
        job_pb2.PlanJobRequest(config=a_config()),
        job_pb2.GetJobStatusRequest(job_id="running"),
        job_pb2.WatchJobRequest(job_id="running"),
        job_pb2.GetLogsRequest(job_id="done"),
        job_pb2.GetMetricsRequest(job_id="done"),
        deployment_pb2.CreateDeploymentRequest(config=deployed),
        deployed,
        model,
        artifact_pb2.UploadChunk(sha256=sha256, size_bytes=len(WEIGHTS), data=WEIGHTS),
        artifact_pb2.UploadChunk(sha256="b" * 64, size_bytes=9, data=b"wrong hash"[:9]),
        artifact_pb2.DownloadRequest(sha256=sha256),
        enrolment_pb2.EnrolRequest(join_token=join, node_id="new-node", certificate_request=request),
        enrolment_pb2.RenewCertificateRequest(certificate_request=request),
        enrolment_pb2.RevokeCertificateRequest(serial="0a"),
        security_pb2.CreateTokenRequest(role="viewer", user_id="ann"),
        link_pb2.CallerQuestion(token="x", peer="127.0.0.1:5", permission="terminal", what="a terminal"),
        link_pb2.AuditReport(user_id="ann", role="operator", peer="127.0.0.1", action="terminal.opened"),
        node_message_to_proto(a_hello("another-node")),
    ]
