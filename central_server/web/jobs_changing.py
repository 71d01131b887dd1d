"""The routes that change jobs. They pass the same commands on as gRPC does, and answer once these are durable."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from central_server.views import view_job
from central_server.web.errors import problems
from central_server.web.job_body import BODY, job_config_of
from central_server.web.job_json import json_from_job, json_from_plan
from central_server.web.json_answer import json_answer
from central_server.web.models import CancelModel, JobModel, PlanModel
from central_server.web.parts import WebParts
from central_server.web.permissions import Changing

_ANSWERS = problems(400, 401, 403, 404, 409, 413, 422, 429, 503)


def jobs_changing_routes(parts: WebParts) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/api/v1", tags=["jobs"])
    jobs, read_model = parts.jobs, parts.read_model

    async def row(job_id: str, status: int = 200) -> Response:
        return json_answer(json_from_job(view_job(await read_model.find(job_id), read_model)), status=status)

    @routes.post("/jobs", status_code=201, response_model=JobModel, responses=_ANSWERS, openapi_extra=BODY)
    async def submit(
        request: Request, caller: Changing, job_id: Annotated[str, Query(max_length=200)] = ""
    ) -> Response:
        """Submit a job file; with `job_id` the same request may be sent again and makes one job."""
        parts.election.refuse_elsewhere()
        config = await job_config_of(request, job_id=job_id)
        request.state.subject = accepted = await jobs.submit(config, caller)
        return await row(accepted, 201)

    @routes.post("/plan", response_model=PlanModel, responses=_ANSWERS, openapi_extra=BODY)
    async def plan(request: Request, caller: Changing) -> Response:
        """Tell what would happen to a job, without running it."""
        parts.election.refuse_elsewhere()
        return json_answer(json_from_plan(await parts.planning.plan(await job_config_of(request), caller)))

    @routes.post("/jobs/{job_id}/cancel", response_model=JobModel, responses=_ANSWERS)
    async def cancel(job_id: str, caller: Changing, body: CancelModel | None = None) -> Response:
        """End a job; one that has ended stays as it is."""
        parts.election.refuse_elsewhere()
        await jobs.cancel(job_id, caller, body.reason if body else "")
        return await row(job_id)

    @routes.post("/jobs/{job_id}/pause", response_model=JobModel, responses=_ANSWERS)
    async def pause(job_id: str, caller: Changing) -> Response:
        """Let a job save itself and wait."""
        parts.election.refuse_elsewhere()
        await jobs.pause(job_id, caller)
        return await row(job_id)

    @routes.post("/jobs/{job_id}/resume", response_model=JobModel, responses=_ANSWERS)
    async def resume(job_id: str, caller: Changing) -> Response:
        """Let a paused job go on."""
        parts.election.refuse_elsewhere()
        await jobs.resume(job_id, caller)
        return await row(job_id)

    @routes.delete("/jobs/{job_id}", status_code=204, responses=_ANSWERS)
    async def delete(job_id: str, caller: Changing) -> Response:
        """Remove a job and what only it used; a running one is cancelled first."""
        parts.election.refuse_elsewhere()
        await jobs.delete(job_id, caller)
        return Response(status_code=204)

    return routes
