"""The route that gives a job's model as a graph with shapes and counts. Shape rules only: no JAX, no data."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Response

from central_server.web.errors import problems
from central_server.web.json_answer import json_answer
from central_server.web.models import ModelModel
from central_server.web.parts import WebParts
from shared.errors import NotFound
from shared.job_check import CheckedJob, check_job_spec
from shared.job_spec import JobSpec
from shared.user_model import runs_user_code


def model_routes(parts: WebParts) -> APIRouter:
    """Return the route."""
    routes = APIRouter(prefix="/api/v1/jobs/{job_id}", tags=["jobs"])

    @routes.get("/model", response_model=ModelModel, responses=problems(404, 422, 503))
    async def model(job_id: str) -> Response:
        """Return the layers of a job's model and what feeds what.

        Where only the data can tell the shapes, they and the counts are null.
        """
        spec = (await parts.read_model.find(job_id)).record.spec
        if runs_user_code(spec.model_definition):
            raise NotFound("a model written in Python has no table of layers: only running it tells what it computes")
        return json_answer(await asyncio.to_thread(_graph_of, spec))

    return routes


def _graph_of(spec: JobSpec) -> dict[str, Any]:
    checked = check_job_spec(spec)
    known = {row.node_id: row for row in checked.summary or ()}
    return {
        "nodes": [
            {
                "id": node.node_id,
                "name": node.name,
                "type": node.kind,
                "output_shape": list(known[node.node_id].output_shape) if node.node_id in known else None,
                "parameters": known[node.node_id].parameters if node.node_id in known else None,
            }
            for node in checked.graph.nodes
        ],
        "edges": [[source, node.node_id] for node in checked.graph.nodes for source in node.inputs],
        "parameters": _parameters(checked),
    }


def _parameters(checked: CheckedJob) -> int | None:
    return checked.parameters
