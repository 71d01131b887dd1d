"""`/metrics` for Prometheus, and the counting of HTTP requests."""

from __future__ import annotations

from time import perf_counter

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central_server.observability.measures import Measures

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def metrics_routes(measures: Measures) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["server"])

    @routes.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The metrics."}},
    )
    async def metrics() -> Response:
        """Return every metric in Prometheus's text format."""
        return Response(measures.scraped(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return routes


class CountRequests:
    """Counts each request under its route as it is written in the code, never under what somebody made up."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, begun = 499, perf_counter()  # what proxies log for a reader who went before there was an answer

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            self._count(scope, status, perf_counter() - begun)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        is_stream = route.endswith("/events")
        self._measures.request_ended(route, method, status, None if is_stream else seconds)
