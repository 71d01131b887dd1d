"""What operators ask of nodes: it checks, asks the core, and shows the node as it is then."""

from __future__ import annotations

import math

from central_server.control_loop import ControlLoop
from central_server.read_model import ReadModel
from central_server.scheduler.events import DrainRequested, UndrainRequested
from central_server.views import NodeView, view_nodes
from shared.errors import InvalidField, NotFound

LONGEST_DRAIN_SECONDS = 7 * 24 * 3600.0


class NodeCommands:
    """Drain and undrain."""

    def __init__(self, loop: ControlLoop, read_model: ReadModel) -> None:
        self._loop = loop
        self._read_model = read_model

    async def drain(self, node_id: str, within_seconds: float) -> NodeView:
        """Let a node take nothing new; what runs there moves when the time is up. Durable when it is answered."""
        if not (math.isfinite(within_seconds) and 0 <= within_seconds <= LONGEST_DRAIN_SECONDS):
            raise InvalidField(
                f"within_seconds must be between 0 and {LONGEST_DRAIN_SECONDS:g}, got {within_seconds:g}",
                field="within_seconds",
            )
        await self._loop.ask(DrainRequested(self._loop.new_request_id(), _said(node_id), within_seconds))
        return self._view(node_id)

    async def undrain(self, node_id: str) -> NodeView:
        """Let a node take work again."""
        await self._loop.ask(UndrainRequested(self._loop.new_request_id(), _said(node_id)))
        return self._view(node_id)

    def _view(self, node_id: str) -> NodeView:
        view = next((view for view in view_nodes(self._read_model) if view.record.node_id == node_id), None)
        if view is None:
            raise NotFound(f"there is no node {node_id}", field="node_id")
        return view


def _said(node_id: str) -> str:
    if not node_id:
        raise InvalidField("node_id is missing: say which node", field="node_id")
    return node_id
