"""The route that makes a job file of a drawing from the designer, so that it can be edited and submitted."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from central_server.web.errors import problems
from central_server.web.job_body import text_of
from central_server.web.json_answer import json_answer
from central_server.web.models import ConvertedModel
from central_server.web.permissions import Changing
from shared.model_definition.graph import ModelGraph
from shared.model_definition.json_text import json_object_from
from shared.model_definition.parse import parse_model_definition
from shared.yaml_text import text_from_value

_TYPES = ("application/json", "text/plain", "application/octet-stream", "application/x-cyxgraph", "")
_JOB_FIELDS = ("dataset", "batch_size")
_STAND_IN = {"dataset": "builtin://digits", "batch_size": 32}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The text of a `.cyxgraph` file, or any other model definition in JSON.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/plain": {"schema": {"type": "string"}}},
    }
}


def convert_routes() -> APIRouter:
    """Return the route."""
    routes = APIRouter(prefix="/api/v1", tags=["jobs"])

    @routes.post("/convert", response_model=ConvertedModel, responses=problems(400, 413, 422), openapi_extra=_BODY)
    async def convert(request: Request, _caller: Changing) -> Response:
        """Return the text of a job file with this model; what the drawing says of the job stands in it."""
        text = await text_of(request, types=_TYPES)
        return json_answer({"yaml": await asyncio.to_thread(job_file_of, text)})

    return routes


def job_file_of(text: str) -> str:
    """Return a job file for a model definition's text.

    Raises:
        InvalidField: it is no model that can be trained.
        TooLarge: it is over the limit.
    """
    graph, definition = parse_model_definition(text), json_object_from(text)
    return text_from_value(_job(graph) | {"model": definition})


def _job(graph: ModelGraph) -> dict[str, object]:
    said = dict(graph.job_settings)
    hyperparameters = {name: value for name, value in said.items() if name not in _JOB_FIELDS}
    job: dict[str, object] = {"name": ""}
    job |= {name: _number_or_word(said[name]) if name in said else _STAND_IN[name] for name in _JOB_FIELDS}
    job |= {"epochs": 10}
    if hyperparameters:
        job["hyperparameters"] = {name: _number_or_word(value) for name, value in hyperparameters.items()}
    return job


def _number_or_word(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
