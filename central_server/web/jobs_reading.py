"""The routes that read jobs: the listing, one job, its log. Rows are those of `cyxwiz show`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from central_server.ports import JobQuery, JobSort
from central_server.views import view_job
from central_server.web.cursor import cursor_of, place_in
from central_server.web.errors import problems
from central_server.web.job_json import json_from_job, json_from_log_line, json_from_whole_job
from central_server.web.json_answer import json_answer
from central_server.web.models import JobModel, LogLineModel, WholeJobModel
from central_server.web.parts import WebParts
from shared.errors import InvalidField
from shared.lifecycle import JobState

LARGEST_LIMIT = 1000
MOST_LOG_LINES = 10_000
COUNTED_AT_MOST = 10_000
"""A search counts its matches up to here: who looks for something will not turn a hundred pages."""

_Words = Annotated[str, Query(max_length=200)]


def jobs_reading_routes(parts: WebParts) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
    read_model = parts.read_model

    @routes.get(
        "",
        response_model=list[JobModel],
        responses=problems(422, 503)
        | {
            200: {
                "headers": {
                    "X-Total-Count": {
                        "description": f"How many match on all pages; with search or label at most {COUNTED_AT_MOST}.",
                        "schema": {"type": "integer"},
                    },
                    "X-Next-Cursor": {
                        "description": "The `cursor` of the next page; empty at the end.",
                        "schema": {"type": "string"},
                    },
                }
            }
        },
    )
    async def jobs(
        state: Annotated[list[JobState] | None, Query()] = None,
        search: _Words = "",
        label: Annotated[list[str] | None, Query(max_length=64)] = None,
        user: _Words = "",
        sort: JobSort = JobSort.SUBMITTED,
        order: Literal["asc", "desc"] = "desc",
        limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT)] = 100,
        cursor: _Cursor = "",
    ) -> Response:
        """Return one page of jobs.

        `search` finds ids that begin with it, and names and label values that hold it, in whatever case; `label` is
        `key:value` and may be given several times, as `state` may. Sorted by `ended`, jobs that have not ended come
        last.
        """
        labels = tuple(_label(text) for text in label or ())
        query = JobQuery(
            user_id=_printable(user, "user"),
            states=frozenset(state or ()),
            search=_printable(search, "search"),
            labels=labels,
            sort=sort,
            is_ascending=order == "asc",
            limit=limit,
            after=place_in(cursor, f"{sort} {order}", is_text=sort is JobSort.NAME),
            count_at_most=COUNTED_AT_MOST if search or labels else 0,
        )
        page = await read_model.list_jobs(query)
        seen = await read_model.seen(page.jobs)
        headers = {
            "X-Total-Count": str(page.total),
            "X-Next-Cursor": cursor_of(page.next_place, f"{sort} {order}") if page.next_place else "",
        }
        return json_answer([json_from_job(view_job(one, read_model)) for one in seen], headers=headers)

    @routes.get("/{job_id}", response_model=WholeJobModel, responses=problems(404, 422, 503))
    async def job(job_id: str) -> Response:
        """Return one job, with its settings as a job file has them and the files it has left."""
        return json_answer(json_from_whole_job(view_job(await read_model.find(job_id), read_model)))

    @routes.get("/{job_id}/logs", response_model=list[LogLineModel], responses=problems(404, 422, 503))
    async def logs(
        job_id: str,
        after_sequence: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_LOG_LINES)] = 1000,
    ) -> Response:
        """Return a job's log in order, or the part after a line."""
        await read_model.find(job_id)
        lines = await parts.store.log_lines(job_id, after_sequence=after_sequence, limit=limit)
        return json_answer([json_from_log_line(line) for line in lines])

    return routes


_Cursor = Annotated[str, Query(max_length=2000)]


def _label(text: str) -> tuple[str, str]:
    key, colon, value = _printable(text, "label").partition(":")
    if not colon or not key:
        raise InvalidField(f"label must be key:value, such as team:vision, got {text[:100]!r}", field="label")
    return key, value


def _printable(text: str, field: str) -> str:
    """Names and labels hold nothing else, so nothing else finds any."""
    if not text.isprintable():
        raise InvalidField(f"{field} must not hold control characters, got {text[:100]!r}", field=field)
    return text
