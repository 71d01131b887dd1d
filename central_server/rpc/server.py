"""Puts the services on one gRPC server: which method is which rpc, limits, keepalive, health and reflection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from central_server.requests.caller import Caller
from central_server.rpc.admission import Admission, permission_of
from central_server.rpc.artifact_service import ArtifactService
from central_server.rpc.caller_check import CallerCheck
from central_server.rpc.context import Context
from central_server.rpc.deployment_service import DeploymentService
from central_server.rpc.discovery_service import DiscoveryService
from central_server.rpc.enrolment_service import EnrolmentService
from central_server.rpc.foreign_services import ForeignServices
from central_server.rpc.health_service import HealthService
from central_server.rpc.job_planning import JobPlanning
from central_server.rpc.job_reading import JobReading
from central_server.rpc.job_service import JobService
from central_server.rpc.job_streams import JobStreams
from central_server.rpc.node_management import NodeManagement
from central_server.rpc.node_service import NodeService
from central_server.rpc.registration import (
    ConversationMethod,
    OnEnd,
    Registration,
    UnaryMethod,
    UploadMethod,
    ignore_end,
)
from central_server.rpc.security_service import SecurityService
from central_server.rpc.server_facts import server_facts
from shared.errors import InvalidField
from shared.pb import artifact_pb2, deployment_pb2, enrolment_pb2, job_pb2, link_pb2, node_pb2, security_pb2

_Request = TypeVar("_Request", bound=Message)

MESSAGE_BYTES = 64 * 1024 * 1024

SERVER_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", -1),
    # Two servers on one port would share its connections without a word.
    ("grpc.so_reuseport", 0),
    ("grpc.max_metadata_size", 16_384),
    ("grpc.server_handshake_timeout_ms", 10_000),
    # Other spellings of this one are ignored silently, and idle clients are cut off for pinging.
    ("grpc.http2.min_ping_interval_without_data_ms", 1_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 15_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)


@dataclass(frozen=True, slots=True)
class Services:
    """The objects whose methods are served.

    Attributes:
        refuse_elsewhere: raises `NotTheDecider` while this server stands by; it guards all that does more than read.
    """

    jobs: JobService
    reading: JobReading
    streams: JobStreams
    planning: JobPlanning
    discovery: DiscoveryService
    management: NodeManagement
    deployments: DeploymentService
    artifacts: ArtifactService
    nodes: NodeService
    enrolment: EnrolmentService
    callers: CallerCheck
    security: SecurityService
    refuse_elsewhere: Callable[[], None] = lambda: None


class RpcServer:
    """The gRPC server, from binding its port to its end."""

    def __init__(self, services: Services, admission: Admission, *, on_end: OnEnd = ignore_end) -> None:
        self._server = grpc.aio.server(options=SERVER_OPTIONS, interceptors=[ForeignServices(admission)])
        registrations = (
            _jobs(services, admission, on_end),
            _discovery(services, admission, on_end),
            _management(services, admission, on_end),
            _deployments(services, admission, on_end),
            _artifacts(services, admission, on_end),
            _link(services, admission, on_end),
            _enrolment(services, admission, on_end),
            _security(services, admission, on_end),
        )
        for method in (method for registration in registrations for method in registration.methods):
            permission_of(method)  # one that the table does not name must not be served
        self._names = [registration.add_to(self._server) for registration in registrations]
        self._health = HealthService(self._names)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection([*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)

    def bind(
        self, host: str, port: int, credentials: grpc.ServerCredentials | None = None, *, setting: str = "listen"
    ) -> int:
        """Take an address, with TLS if there are credentials, and return its real port.

        Raises:
            InvalidField: it cannot be had.
        """
        address = f"{host}:{port}"
        try:
            if credentials is None:
                bound = self._server.add_insecure_port(address)
            else:
                bound = self._server.add_secure_port(address, credentials)
        except RuntimeError:
            bound = 0
        if not bound:
            raise InvalidField(
                f"{setting} must be an address that is free, and {address} cannot be had; port 0 is any free one",
                field=setting,
            )
        return bound

    async def start(self) -> None:
        """Serve, and say so to health checks."""
        await self._server.start()
        for name in ["", *self._names]:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_seconds: float) -> None:
        """Say so to health checks, take no more requests, and give those under way a moment."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_seconds)


def _jobs(services: Services, admission: Admission, on_end: OnEnd) -> Registration:
    jobs, reading, streams = services.jobs, services.reading, services.streams
    only = _Only(services.refuse_elsewhere).unary
    table = Registration("cyxwiz.protocol.JobService", admission, on_end)
    table.unary("SubmitJob", job_pb2.SubmitJobRequest, only(jobs.submit))
    table.unary("CancelJob", job_pb2.CancelJobRequest, only(jobs.cancel))
    table.unary("DeleteJob", job_pb2.DeleteJobRequest, only(jobs.delete))
    table.unary("PauseJob", job_pb2.PauseJobRequest, only(jobs.pause))
    table.unary("ResumeJob", job_pb2.ResumeJobRequest, only(jobs.resume))
    table.unary("GetJobStatus", job_pb2.GetJobStatusRequest, reading.status)
    table.unary("GetJob", job_pb2.GetJobRequest, reading.job)
    table.unary("GetJobResult", job_pb2.GetJobResultRequest, reading.result)
    table.unary("GetMetrics", job_pb2.GetMetricsRequest, reading.metrics)
    table.unary("ListJobs", job_pb2.ListJobsRequest, reading.list_jobs)
    table.unary("PlanJob", job_pb2.PlanJobRequest, only(services.planning.plan))
    table.streaming("StreamJobUpdates", job_pb2.GetJobStatusRequest, streams.updates)
    table.streaming("WatchJob", job_pb2.WatchJobRequest, streams.watch)
    table.streaming("GetLogs", job_pb2.GetLogsRequest, streams.logs)
    return table


def _discovery(services: Services, admission: Admission, on_end: OnEnd) -> Registration:
    # Reads, but of who is connected, which the decider alone knows.
    discovery, only = services.discovery, _Only(services.refuse_elsewhere).unary
    table = Registration("cyxwiz.protocol.NodeDiscoveryService", admission, on_end)
    table.unary("FindNodes", node_pb2.FindNodesRequest, only(discovery.find))
    table.unary("ListNodes", node_pb2.ListNodesRequest, only(discovery.list_nodes), beside=server_facts)
    table.unary("GetNodeInfo", node_pb2.GetNodeInfoRequest, only(discovery.info))
    return table


def _management(services: Services, admission: Admission, on_end: OnEnd) -> Registration:
    management, only = services.management, _Only(services.refuse_elsewhere).unary
    table = Registration("cyxwiz.protocol.NodeManagementService", admission, on_end)
    table.unary("DrainNode", node_pb2.DrainNodeRequest, only(management.drain))
    table.unary("UndrainNode", node_pb2.UndrainNodeRequest, only(management.undrain))
    return table


def _deployments(services: Services, admission: Admission, on_end: OnEnd) -> Registration:
    # Only the server that decides knows how they stand.
    deployments, only = services.deployments, _Only(services.refuse_elsewhere).unary
    table = Registration("cyxwiz.protocol.DeploymentService", admission, on_end)
    table.unary("CreateDeployment", deployment_pb2.CreateDeploymentRequest, only(deployments.create))
    table.unary("GetDeployment", deployment_pb2.GetDeploymentRequest, only(deployments.get))
    table.unary("ListDeployments", deployment_pb2.ListDeploymentsRequest, only(deployments.list_deployments))
    table.unary("StopDeployment", deployment_pb2.StopDeploymentRequest, only(deployments.stop))
    table.unary("DeleteDeployment", deployment_pb2.DeleteDeploymentRequest, only(deployments.delete))
    table.unary("GetDeploymentMetrics", deployment_pb2.GetDeploymentMetricsRequest, only(deployments.metrics))
    return table


def _artifacts(services: Services, admission: Admission, on_end: OnEnd) -> Registration:
    artifacts, only = services.artifacts, _Only(services.refuse_elsewhere)
    table = Registration("cyxwiz.protocol.ArtifactService", admission, on_end)
    table.unary("GetUpload", artifact_pb2.GetUploadRequest, only.unary(artifacts.where_upload_stands))
    table.upload("Upload", artifact_pb2.UploadChunk, only.upload(artifacts.upload))
    table.streaming("Download", artifact_pb2.DownloadRequest, artifacts.download)
    return table


def _link(services: Services, admission: Admission, on_end: OnEnd) -> Registration:
    nodes, only = services.nodes, _Only(services.refuse_elsewhere).conversation
    table = Registration(link_pb2.DESCRIPTOR.services_by_name["NodeLink"].full_name, admission, on_end)
    table.conversation("Control", only(nodes.control))
    table.conversation("Telemetry", only(nodes.telemetry))
    # A server that stands by knows who somebody is as well as the one that decides; it only cannot write it down.
    table.unary("CheckCaller", link_pb2.CallerQuestion, services.callers.check)
    table.unary("RecordAudit", link_pb2.AuditReport, _Only(services.refuse_elsewhere).unary(services.callers.record))
    return table


def _security(services: Services, admission: Admission, on_end: OnEnd) -> Registration:
    security, only = services.security, _Only(services.refuse_elsewhere).unary
    table = Registration("cyxwiz.protocol.SecurityService", admission, on_end)
    table.unary("CreateToken", security_pb2.CreateTokenRequest, only(security.create_token))
    table.unary("ListTokens", security_pb2.ListTokensRequest, security.list_tokens)
    table.unary("RevokeToken", security_pb2.RevokeTokenRequest, only(security.revoke_token))
    table.unary("ListAudit", security_pb2.ListAuditRequest, security.list_audit)
    return table


def _enrolment(services: Services, admission: Admission, on_end: OnEnd) -> Registration:
    enrolment, only = services.enrolment, _Only(services.refuse_elsewhere).unary
    table = Registration("cyxwiz.protocol.EnrolmentService", admission, on_end)
    table.unary("CreateJoinToken", enrolment_pb2.CreateJoinTokenRequest, only(enrolment.create_join_token))
    table.unary("Enrol", enrolment_pb2.EnrolRequest, only(enrolment.enrol))
    table.unary("RenewCertificate", enrolment_pb2.RenewCertificateRequest, only(enrolment.renew))
    table.unary("RevokeNode", enrolment_pb2.RevokeNodeRequest, only(enrolment.revoke_node))
    table.unary("RevokeCertificate", enrolment_pb2.RevokeCertificateRequest, only(enrolment.revoke_certificate))
    return table


class _Only:
    """Puts the question whether this server decides before a method."""

    def __init__(self, refuse_elsewhere: Callable[[], None]) -> None:
        self._refuse_elsewhere = refuse_elsewhere

    def unary(self, method: UnaryMethod[_Request]) -> UnaryMethod[_Request]:
        async def guarded(request: _Request, caller: Caller) -> Message:
            self._refuse_elsewhere()
            return await method(request, caller)

        return guarded

    def upload(self, method: UploadMethod[_Request]) -> UploadMethod[_Request]:
        async def guarded(requests: AsyncIterator[_Request], caller: Caller) -> Message:
            self._refuse_elsewhere()
            return await method(requests, caller)

        return guarded

    def conversation(self, method: ConversationMethod) -> ConversationMethod:
        async def guarded(context: Context, caller: Caller) -> None:
            self._refuse_elsewhere()
            await method(context, caller)

        return guarded
