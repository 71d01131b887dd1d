"""The routes of nodes: who is here, with what, and draining them."""

from __future__ import annotations

from fastapi import APIRouter, Response

from central_server.views import view_nodes
from central_server.web.errors import problems
from central_server.web.job_json import json_from_node
from central_server.web.json_answer import json_answer
from central_server.web.models import DrainModel, NodeModel
from central_server.web.parts import WebParts
from central_server.web.permissions import Changing

_ANSWERS = problems(400, 401, 403, 404, 409, 422, 429, 503)


def node_routes(parts: WebParts) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/api/v1/nodes", tags=["nodes"])

    @routes.get("", response_model=list[NodeModel], responses=problems(503))
    async def nodes() -> Response:
        """Return every node ever seen; who is connected only the server that decides knows."""
        parts.election.refuse_elsewhere()
        return json_answer([json_from_node(view) for view in view_nodes(parts.read_model)])

    @routes.post("/{node_id}/drain", response_model=NodeModel, responses=_ANSWERS)
    async def drain(node_id: str, _caller: Changing, body: DrainModel | None = None) -> Response:
        """Let a node take nothing new; what still runs there when the time is up saves itself and moves."""
        parts.election.refuse_elsewhere()
        return json_answer(json_from_node(await parts.nodes.drain(node_id, body.within_seconds if body else 0.0)))

    @routes.post("/{node_id}/undrain", response_model=NodeModel, responses=_ANSWERS)
    async def undrain(node_id: str, _caller: Changing) -> Response:
        """Let a node take work again."""
        parts.election.refuse_elsewhere()
        return json_answer(json_from_node(await parts.nodes.undrain(node_id)))

    return routes
