"""Which permission an HTTP request asks for, by the one table, and how a route learns who was let in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.routing import BaseRoute, Route, compile_path

from central_server.requests.caller import Caller
from shared.errors import OurBug
from shared.permissions import ROUTE_PERMISSIONS, Permission

_Line = tuple[re.Pattern[str], Permission]


def _lines() -> dict[str, tuple[_Line, ...]]:
    """Return what paths look like, by method, in the table's order; as the framework reads them."""
    methods = {method for method, _ in ROUTE_PERMISSIONS}
    return {
        wanted: tuple(
            (compile_path(path)[0], permission)
            for (method, path), permission in ROUTE_PERMISSIONS.items()
            if method == wanted
        )
        for wanted in methods
    }


_LINES = _lines()


def permission_for(method: str, path: str) -> Permission | None:
    """Return what a request asks for; None when no route serves it."""
    lines = _LINES.get("GET" if method == "HEAD" else method, ())
    return next((permission for pattern, permission in lines if pattern.match(path)), None)


def check_every_route(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Go on if the table names every route.

    Raises:
        OurBug: it does not.
    """
    served: list[BaseRoute] = [*app.routes, *(route for router in routers for route in router.routes)]
    for route in served:
        for method in (getattr(route, "methods", None) or set()) - {"HEAD"}:
            assert isinstance(route, Route)
            if (method, route.path) not in ROUTE_PERMISSIONS:
                raise OurBug(
                    f"the route {method} {route.path} needs a line in ROUTE_PERMISSIONS of shared/permissions.py, "
                    "and has none"
                )


async def caller_of(request: Request) -> Caller:
    """Return who was let in, and which trace of theirs the request belongs to."""
    caller: Caller = request.state.caller
    return replace(caller, traceparent=request.headers.get("traceparent", ""))


Changing = Annotated[Caller, Depends(caller_of)]
"""The parameter by which a route that changes something learns on whose behalf."""
