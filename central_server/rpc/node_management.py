"""NodeManagementService: what operators ask of nodes. It checks, asks the core, and shows the node as it is then."""

from __future__ import annotations

import math

from central_server.control_loop import ControlLoop
from central_server.read_model import ReadModel
from central_server.rpc.authentication import Caller
from central_server.rpc.node_info import node_info
from central_server.scheduler.events import DrainRequested, UndrainRequested
from central_server.views import view_nodes
from shared.errors import InvalidField, NotFound
from shared.pb import node_pb2

LONGEST_DRAIN_SECONDS = 7 * 24 * 3600.0


class NodeManagement:
    """The rpcs that change nodes."""

    def __init__(self, loop: ControlLoop, read_model: ReadModel) -> None:
        self._loop = loop
        self._read_model = read_model

    async def drain(self, request: node_pb2.DrainNodeRequest, _caller: Caller) -> node_pb2.NodeResponse:
        """Let a node take nothing new; what runs there moves when the time is up. Durable when it is answered."""
        node_id, within = _node_id(request.node_id), request.within_seconds
        if not (math.isfinite(within) and 0 <= within <= LONGEST_DRAIN_SECONDS):
            raise InvalidField(
                f"within_seconds must be between 0 and {LONGEST_DRAIN_SECONDS:g}, got {within:g}",
                field="within_seconds",
            )
        await self._loop.ask(DrainRequested(self._loop.new_request_id(), node_id, within))
        return self._shown(node_id)

    async def undrain(self, request: node_pb2.UndrainNodeRequest, _caller: Caller) -> node_pb2.NodeResponse:
        """Let a node take work again."""
        node_id = _node_id(request.node_id)
        await self._loop.ask(UndrainRequested(self._loop.new_request_id(), node_id))
        return self._shown(node_id)

    def _shown(self, node_id: str) -> node_pb2.NodeResponse:
        view = next((view for view in view_nodes(self._read_model) if view.record.node_id == node_id), None)
        if view is None:
            raise NotFound(f"there is no node {node_id}", field="node_id")
        return node_pb2.NodeResponse(info=node_info(view))


def _node_id(value: str) -> str:
    if not value:
        raise InvalidField("node_id is missing: say which node", field="node_id")
    return value
