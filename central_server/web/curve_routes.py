"""The routes that give a job's history: every row, or thinned out to be drawn. What is long leaves in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from central_server.curves import FEWEST_POINTS, MOST_POINTS, CurveRequest
from central_server.ports import Store
from central_server.telemetry_records import MetricRow
from central_server.web.errors import problems
from central_server.web.job_json import json_from_curve, json_from_metrics
from central_server.web.json_answer import json_answer, json_bytes
from central_server.web.models import CurveModel, MetricRowModel
from central_server.web.parts import WebParts

MOST_METRIC_ROWS = 200_000
ROWS_AT_ONCE = 1000
LARGEST_STEP = 2**63 - 1
_MOST_NAMES = 100

_Step = Annotated[int, Query(ge=0, le=LARGEST_STEP)]


def curve_routes(parts: WebParts) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/api/v1/jobs/{job_id}", tags=["jobs"])

    @routes.get("/metrics", response_model=list[MetricRowModel], responses=problems(404, 422, 503))
    async def metrics(job_id: str, after_step: Annotated[int, Query(ge=-1, le=LARGEST_STEP)] = -1) -> Response:
        """Return a job's history, or the part after a step."""
        await parts.read_model.find(job_id)
        first = await parts.store.metric_rows(job_id, after_step=after_step, limit=ROWS_AT_ONCE)
        return StreamingResponse(_array(parts.store, job_id, first), media_type="application/json")

    @routes.get("/curve", response_model=CurveModel, responses=problems(404, 422, 503))
    async def curve(
        job_id: str,
        names: Annotated[str, Query(max_length=10_000)] = "",
        points: Annotated[int, Query(ge=FEWEST_POINTS, le=MOST_POINTS)] = 1000,
        from_step: _Step = 0,
        to_step: _Step = LARGEST_STEP,
    ) -> Response:
        """Return a job's curves thinned out to about `points` each: of each stretch the smallest and largest value.

        `names` are separated by commas; without any, every curve comes.
        """
        await parts.read_model.find(job_id)
        wanted = tuple(dict.fromkeys(name for name in names.split(",") if name))[:_MOST_NAMES]
        request = CurveRequest(names=wanted, points=points, from_step=from_step, to_step=to_step)
        return json_answer(json_from_curve(await parts.store.curve(job_id, request)))

    return routes


async def _array(store: Store, job_id: str, rows: Sequence[MetricRow]) -> AsyncIterator[bytes]:
    """Give the JSON array of all rows, page by page, so that a long history holds nobody up."""
    yield b"["
    given = 0
    while rows:
        yield (b"," if given else b"") + await asyncio.to_thread(_rows_without_brackets, rows)
        given += len(rows)
        if len(rows) < ROWS_AT_ONCE or given >= MOST_METRIC_ROWS:
            break
        rows = await store.metric_rows(job_id, after_step=rows[-1].step, limit=ROWS_AT_ONCE)
    yield b"]"


def _rows_without_brackets(rows: Sequence[MetricRow]) -> bytes:
    return json_bytes([json_from_metrics(row) for row in rows])[1:-1]
