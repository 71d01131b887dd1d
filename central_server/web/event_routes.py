"""The routes that answer with a stream of events."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from central_server.web.errors import problems
from central_server.web.event_stream import EventStream
from central_server.web.job_events import JobEvents, Place
from central_server.web.list_events import ListEvents, ShownNodes, sequence_from, topics_from
from central_server.web.parts import WebParts
from central_server.web.shown_jobs import ShownJobs
from central_server.web.summary import Summary
from central_server.web.tails import Tails

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events, as they come."}
}
_Since = Annotated[
    str, Query(max_length=100, description="Where to go on: the id of the last event; so is Last-Event-ID.")
]
_LastEventId = Annotated[str, Header(alias="Last-Event-ID", max_length=100)]


def event_routes(parts: WebParts, summary: Summary) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/api/v1", tags=["events"])
    streams = parts.streams
    watchers, shown = parts.read_model.watchers, ShownJobs(parts.read_model)
    job_events = JobEvents(watchers, shown, Tails(parts.store, watchers), streams)
    list_events = ListEvents(parts, shown, ShownNodes(parts), summary, streams)

    @routes.get("/events", response_class=Response, responses=_EVENTS | problems(422, 503))
    async def events(
        topics: Annotated[str, Query(max_length=100)] = "jobs,nodes",
        since: _Since = "",
        last_event_id: _LastEventId = "",
    ) -> EventStream:
        """Follow all jobs and nodes: `job` (a row), `gone`, `nodes`, `summary`; `reset` when too much was missed."""
        parts.election.refuse_elsewhere()
        streams.refuse_more()
        return EventStream(list_events.of(topics_from(topics), sequence_from(last_event_id or since)))

    @routes.get("/jobs/{job_id}/events", response_class=Response, responses=_EVENTS | problems(404, 422, 503))
    async def events_of_job(job_id: str, since: _Since = "", last_event_id: _LastEventId = "") -> EventStream:
        """Follow one job: `job` (a row), `points` (rows of history), `log` (lines), and `end` when all was told."""
        place = Place.parse(last_event_id or since)
        await parts.read_model.find(job_id)
        streams.refuse_more()
        return EventStream(job_events.of(job_id, place))

    return routes
