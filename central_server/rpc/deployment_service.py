"""DeploymentService, between its messages and `requests.deployment_commands`."""

from __future__ import annotations

from central_server.deployments.views import DeploymentView
from central_server.read_model import ReadModel
from central_server.requests.caller import Caller
from central_server.requests.deployment_commands import DeploymentCommands
from central_server.rpc.deployment_messages import STATUSES, deployment_message, point_message
from central_server.rpc.paging import page_size_asked, position_in, token_for
from central_server.views import NodeView, view_nodes
from shared.clock import Clock
from shared.errors import InvalidField
from shared.pb import common_pb2, deployment_pb2

_SUCCESS = common_pb2.STATUS_SUCCESS


class DeploymentService:
    """The rpcs of deployments; those of terminals are the nodes'."""

    def __init__(self, commands: DeploymentCommands, read_model: ReadModel, clock: Clock) -> None:
        self._commands = commands
        self._read_model = read_model
        self._clock = clock

    async def create(
        self, request: deployment_pb2.CreateDeploymentRequest, caller: Caller
    ) -> deployment_pb2.CreateDeploymentResponse:
        """Deploy a model, or replace one; answered once that is durable."""
        if not request.HasField("config"):
            raise InvalidField("config is missing: say what to deploy", field="config")
        view = await self._commands.create(request.config, caller)
        return deployment_pb2.CreateDeploymentResponse(status=_SUCCESS, deployment=self._message(view))

    async def get(
        self, request: deployment_pb2.GetDeploymentRequest, _caller: Caller
    ) -> deployment_pb2.GetDeploymentResponse:
        """Return one deployment, with where each replica answers."""
        return deployment_pb2.GetDeploymentResponse(
            deployment=self._message(self._commands.find(request.deployment_id))
        )

    async def list_deployments(
        self, request: deployment_pb2.ListDeploymentsRequest, _caller: Caller
    ) -> deployment_pb2.ListDeploymentsResponse:
        """Return one page of deployments, the oldest first."""
        filters = f"{request.user_id}\n{request.type_filter}\n{request.status_filter}"
        views = [view for view in self._commands.all() if _is_listed(view, request)]
        start = _start(views, position_in(request.page_token, filters))
        page = views[start : start + page_size_asked(request.page_size)]
        has_more = start + len(page) < len(views)
        return deployment_pb2.ListDeploymentsResponse(
            deployments=[self._message(view) for view in page],
            next_page_token=token_for(page[-1].record.deployment_id, filters) if has_more else "",
            total_count=len(views),
        )

    async def stop(
        self, request: deployment_pb2.StopDeploymentRequest, caller: Caller
    ) -> deployment_pb2.StopDeploymentResponse:
        """End a deployment's replicas."""
        view = await self._commands.stop(request.deployment_id, caller)
        return deployment_pb2.StopDeploymentResponse(status=_SUCCESS, deployment=self._message(view))

    async def delete(
        self, request: deployment_pb2.DeleteDeploymentRequest, caller: Caller
    ) -> deployment_pb2.DeleteDeploymentResponse:
        """End a deployment's replicas and forget it."""
        await self._commands.delete(request.deployment_id, caller)
        return deployment_pb2.DeleteDeploymentResponse(status=_SUCCESS)

    async def metrics(
        self, request: deployment_pb2.GetDeploymentMetricsRequest, _caller: Caller
    ) -> deployment_pb2.GetDeploymentMetricsResponse:
        """Return what a deployment answered, a point every few seconds."""
        points = self._commands.points(
            request.deployment_id, from_ms=request.start_time * 1000, until_ms=request.end_time * 1000
        )
        return deployment_pb2.GetDeploymentMetricsResponse(metrics=map(point_message, points))

    def _message(self, view: DeploymentView) -> deployment_pb2.Deployment:
        return deployment_message(view, now_ms=self._clock.unix_ms(), find_node=self._node)

    def _node(self, node_id: str) -> NodeView | None:
        return next((view for view in view_nodes(self._read_model) if view.record.node_id == node_id), None)


def _is_listed(view: DeploymentView, request: deployment_pb2.ListDeploymentsRequest) -> bool:
    of_type = {deployment_pb2.DEPLOYMENT_TYPE_UNKNOWN, deployment_pb2.DEPLOYMENT_TYPE_NETWORK}
    return (
        request.type_filter in of_type
        and (not request.user_id or view.record.user_id == request.user_id)
        and (not request.status_filter or STATUSES[view.state] == request.status_filter)
    )


def _start(views: list[DeploymentView], after_id: str) -> int:
    if not after_id:
        return 0
    places = {view.record.deployment_id: place for place, view in enumerate(views)}
    if after_id not in places:
        raise InvalidField("page_token names a deployment that is not listed any more; begin anew", field="page_token")
    return places[after_id] + 1
