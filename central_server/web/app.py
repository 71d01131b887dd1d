"""The HTTP application: health, and jobs, nodes and metrics as JSON. It reads; it changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from central_server.election import Election
from central_server.ports import JobQuery, Store
from central_server.read_model import ReadModel, SeenJob
from central_server.views import view_job, view_nodes
from central_server.web.job_json import json_from_job, json_from_metrics, json_from_node
from shared.errors import NotFound, StoreUnavailable
from shared.lifecycle import JobState

LARGEST_LIMIT = 1000
MOST_METRIC_ROWS = 200_000
PROOF_SECONDS = 2.0
"""A store that takes longer to commit one small row counts as not working."""


def build_app(read_model: ReadModel, store: Store, is_working: Callable[[], bool], election: Election) -> FastAPI:
    """Return the application."""
    app = FastAPI(title="CyxWiz central server", version="1", docs_url=None, redoc_url=None)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(StoreUnavailable, _unavailable)
    _add_health(app, store, is_working, election)
    _add_jobs(app, read_model, store)
    _add_nodes(app, read_model, election)
    return app


def _add_health(app: FastAPI, store: Store, is_working: Callable[[], bool], election: Election) -> None:
    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """200 when the control loop works and the store commits, or while another server decides."""
        if election.decider:
            return {"status": "standing by", "decider": election.decider}
        if not is_working():
            raise HTTPException(503, "the control loop is not working")
        try:
            async with asyncio.timeout(PROOF_SECONDS):
                await store.prove_writable()
        except TimeoutError:
            raise HTTPException(503, f"the store did not commit within {PROOF_SECONDS:g} s") from None
        return {"status": "ok"}


def _add_jobs(app: FastAPI, read_model: ReadModel, store: Store) -> None:
    @app.get("/api/v1/jobs")
    async def jobs(
        limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT)] = 100, state: JobState | None = None
    ) -> list[dict[str, Any]]:
        """Return jobs, newest first, each as `show` shows it."""
        page = await read_model.list_jobs(JobQuery(states=frozenset({state} if state else ()), limit=limit))
        return [_json(seen, read_model) for seen in await read_model.seen(page.jobs)]

    @app.get("/api/v1/jobs/{job_id}")
    async def job(job_id: str) -> dict[str, Any]:
        """Return one job."""
        return _json(await read_model.find(job_id), read_model)

    @app.get("/api/v1/jobs/{job_id}/metrics")
    async def metrics(job_id: str, after_step: int = -1) -> list[dict[str, Any]]:
        """Return a job's history."""
        await read_model.find(job_id)
        rows = await store.metric_rows(job_id, after_step=after_step, limit=MOST_METRIC_ROWS)
        return [json_from_metrics(row) for row in rows]


def _add_nodes(app: FastAPI, read_model: ReadModel, election: Election) -> None:
    @app.get("/api/v1/nodes")
    async def nodes() -> list[dict[str, Any]]:
        """Return every node ever seen; who is connected only the decider knows."""
        election.refuse_elsewhere()
        return [json_from_node(view) for view in view_nodes(read_model)]


def _json(seen: SeenJob, read_model: ReadModel) -> dict[str, Any]:
    return json_from_job(view_job(seen, read_model))


async def _not_found(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=404)


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=503)
