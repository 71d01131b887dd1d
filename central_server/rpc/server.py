"""Puts the services on one gRPC server: which method is which rpc, limits, keepalive, health and reflection."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from central_server.rpc.artifact_service import ArtifactService
from central_server.rpc.authentication import Authenticator
from central_server.rpc.discovery_service import DiscoveryService
from central_server.rpc.foreign_services import ReadableRequestsOnly
from central_server.rpc.job_planning import JobPlanning
from central_server.rpc.job_reading import JobReading
from central_server.rpc.job_service import JobService
from central_server.rpc.job_streams import JobStreams
from central_server.rpc.node_management import NodeManagement
from central_server.rpc.node_service import NodeService
from central_server.rpc.registration import Registration
from shared.errors import InvalidField
from shared.pb import artifact_pb2, job_pb2, link_pb2, node_pb2

MESSAGE_BYTES = 64 * 1024 * 1024

SERVER_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", -1),
    # Two servers on one port would share its connections without a word.
    ("grpc.so_reuseport", 0),
    # Other spellings of this one are ignored silently, and idle clients are cut off for pinging.
    ("grpc.http2.min_ping_interval_without_data_ms", 1_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 15_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)


@dataclass(frozen=True, slots=True)
class Services:
    """The objects whose methods are served."""

    jobs: JobService
    reading: JobReading
    streams: JobStreams
    planning: JobPlanning
    discovery: DiscoveryService
    management: NodeManagement
    artifacts: ArtifactService
    nodes: NodeService


class RpcServer:
    """The gRPC server, from binding its port to its end."""

    def __init__(self, services: Services, authenticator: Authenticator) -> None:
        self._server = grpc.aio.server(options=SERVER_OPTIONS, interceptors=[ReadableRequestsOnly()])
        registrations = (
            _jobs(services, authenticator),
            _discovery(services.discovery, authenticator),
            _management(services.management, authenticator),
            _artifacts(services.artifacts, authenticator),
            _link(services.nodes, authenticator),
        )
        self._names = [registration.add_to(self._server) for registration in registrations]
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection([*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)

    def bind(self, host: str, port: int) -> int:
        """Take the address and return its real port.

        Raises:
            InvalidField: it cannot be had.
        """
        try:
            bound = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError:
            bound = 0
        if not bound:
            raise InvalidField(
                f"listen must be an address that is free, and {host}:{port} cannot be had; port 0 is any free one",
                field="listen",
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


def _jobs(services: Services, authenticator: Authenticator) -> Registration:
    jobs, reading, streams = services.jobs, services.reading, services.streams
    table = Registration("cyxwiz.protocol.JobService", authenticator)
    table.unary("SubmitJob", job_pb2.SubmitJobRequest, jobs.submit)
    table.unary("CancelJob", job_pb2.CancelJobRequest, jobs.cancel)
    table.unary("DeleteJob", job_pb2.DeleteJobRequest, jobs.delete)
    table.unary("PauseJob", job_pb2.PauseJobRequest, jobs.pause)
    table.unary("ResumeJob", job_pb2.ResumeJobRequest, jobs.resume)
    table.unary("GetJobStatus", job_pb2.GetJobStatusRequest, reading.status)
    table.unary("GetJob", job_pb2.GetJobRequest, reading.job)
    table.unary("GetJobResult", job_pb2.GetJobResultRequest, reading.result)
    table.unary("GetMetrics", job_pb2.GetMetricsRequest, reading.metrics)
    table.unary("ListJobs", job_pb2.ListJobsRequest, reading.list_jobs)
    table.unary("PlanJob", job_pb2.PlanJobRequest, services.planning.plan)
    table.streaming("StreamJobUpdates", job_pb2.GetJobStatusRequest, streams.updates)
    table.streaming("WatchJob", job_pb2.WatchJobRequest, streams.watch)
    table.streaming("GetLogs", job_pb2.GetLogsRequest, streams.logs)
    return table


def _discovery(discovery: DiscoveryService, authenticator: Authenticator) -> Registration:
    table = Registration("cyxwiz.protocol.NodeDiscoveryService", authenticator)
    table.unary("FindNodes", node_pb2.FindNodesRequest, discovery.find)
    table.unary("ListNodes", node_pb2.ListNodesRequest, discovery.list_nodes)
    table.unary("GetNodeInfo", node_pb2.GetNodeInfoRequest, discovery.info)
    return table


def _management(management: NodeManagement, authenticator: Authenticator) -> Registration:
    table = Registration("cyxwiz.protocol.NodeManagementService", authenticator)
    table.unary("DrainNode", node_pb2.DrainNodeRequest, management.drain)
    table.unary("UndrainNode", node_pb2.UndrainNodeRequest, management.undrain)
    return table


def _artifacts(artifacts: ArtifactService, authenticator: Authenticator) -> Registration:
    table = Registration("cyxwiz.protocol.ArtifactService", authenticator)
    table.unary("GetUpload", artifact_pb2.GetUploadRequest, artifacts.where_upload_stands)
    table.upload("Upload", artifact_pb2.UploadChunk, artifacts.upload)
    table.streaming("Download", artifact_pb2.DownloadRequest, artifacts.download)
    return table


def _link(nodes: NodeService, authenticator: Authenticator) -> Registration:
    table = Registration(link_pb2.DESCRIPTOR.services_by_name["NodeLink"].full_name, authenticator)
    table.conversation("Control", nodes.control)
    table.conversation("Telemetry", nodes.telemetry)
    return table
