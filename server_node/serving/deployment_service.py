"""`DeploymentService` on the node: tells of the replicas that are live here. What changes deployments it refuses.

Which deployments there are, and where their replicas go, is the central server's to decide and to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NoReturn

from google.protobuf.message import Message

from server_node.own_services.service_table import Context, ServiceTable
from server_node.ports import CallerPort, CheckedCaller
from server_node.serving.live_replicas import LiveReplica, LiveReplicas
from shared.errors import InvalidField, NotFound, NotSupported
from shared.pb import deployment_pb2 as pb
from shared.permissions import Permission

SERVICE = "cyxwiz.protocol.DeploymentService"


class OwnDeployments:
    """The rpcs.

    Args:
        node_id: told beside each replica.
        servers: the central servers' addresses, for the sentences of refusals.
    """

    def __init__(self, live: LiveReplicas, *, node_id: str, servers: Sequence[str]) -> None:
        self._live = live
        self._node_id = node_id
        self._servers = " or ".join(servers)

    async def get(
        self, request: pb.GetDeploymentRequest, _context: Context, _caller: CheckedCaller
    ) -> pb.GetDeploymentResponse:
        """Tell of one deployment's replicas here."""
        asked = request.deployment_id
        for deployment in self._deployments():
            if asked in {deployment.deployment_id, deployment.name}:
                return pb.GetDeploymentResponse(deployment=deployment)
        raise NotFound(
            f"no replica of {asked[:200]!r} is live on this node; ask the central server {self._servers}",
            field="deployment_id",
        )

    async def list_all(
        self, request: pb.ListDeploymentsRequest, _context: Context, _caller: CheckedCaller
    ) -> pb.ListDeploymentsResponse:
        """Tell of all replicas here, on one page."""
        if request.user_id or request.page_token:
            field = "user_id" if request.user_id else "page_token"
            raise InvalidField(
                f"{field} must be empty here: a node knows no owners and has one page; ask the central server "
                f"{self._servers}",
                field=field,
            )
        of_type = {pb.DEPLOYMENT_TYPE_UNKNOWN, pb.DEPLOYMENT_TYPE_NETWORK}
        found = [
            each
            for each in self._deployments()
            if request.type_filter in of_type and request.status_filter in {0, each.status}
        ]
        return pb.ListDeploymentsResponse(deployments=found, total_count=len(found))

    async def refuse(self, _request: Message, _context: Context, _caller: CheckedCaller) -> NoReturn:
        """Refuse what only the central server does."""
        raise NotSupported(
            f"a node tells of its own replicas only; ask the central server {self._servers} to change deployments and "
            "for what they answered over time"
        )

    def _deployments(self) -> list[pb.Deployment]:
        every = groupby(self._live.every(), key=lambda each: each.deployment_id)
        return [self._told(deployment_id, list(replicas)) for deployment_id, replicas in every]

    def _told(self, deployment_id: str, replicas: Sequence[LiveReplica]) -> pb.Deployment:
        name = replicas[0].replica.name
        return pb.Deployment(
            deployment_id=deployment_id,
            name=name,
            config=pb.DeploymentConfig(deployment_id=deployment_id, name=name, type=pb.DEPLOYMENT_TYPE_NETWORK),
            status=_status(replicas),
            generation=max(each.generation for each in replicas),
            total_requests=sum(each.replica.requests for each in replicas),
            replicas=[self._replica(each) for each in replicas],
        )

    def _replica(self, each: LiveReplica) -> pb.DeploymentReplica:
        return pb.DeploymentReplica(
            state="running" if each.replica.is_ready else "stopping",
            is_ready=each.replica.is_ready,
            generation=each.generation,
            node_id=self._node_id,
            requests=each.replica.requests,
            queue_rows=each.replica.queue_rows,
        )


def deployment_table(deployments: OwnDeployments, callers: CallerPort) -> ServiceTable:
    """Return what the node's own server serves of this."""
    table = ServiceTable(SERVICE, callers)
    table.unary("GetDeployment", Permission.READ, pb.GetDeploymentRequest, deployments.get)
    table.unary("ListDeployments", Permission.READ, pb.ListDeploymentsRequest, deployments.list_all)
    table.unary("GetDeploymentMetrics", Permission.READ, pb.GetDeploymentMetricsRequest, deployments.refuse)
    table.unary("CreateDeployment", Permission.DEPLOY, pb.CreateDeploymentRequest, deployments.refuse)
    table.unary("StopDeployment", Permission.DEPLOY, pb.StopDeploymentRequest, deployments.refuse)
    table.unary("DeleteDeployment", Permission.DEPLOY, pb.DeleteDeploymentRequest, deployments.refuse)
    return table


def _status(replicas: Sequence[LiveReplica]) -> pb.DeploymentStatus:
    ready = [each.replica for each in replicas if each.replica.is_ready]
    if not ready:
        return pb.DEPLOYMENT_STATUS_STOPPED
    has_answered = any(replica.requests for replica in ready)
    return pb.DEPLOYMENT_STATUS_RUNNING if has_answered else pb.DEPLOYMENT_STATUS_READY
