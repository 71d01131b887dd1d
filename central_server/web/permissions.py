"""Which permission an HTTP request asks for, by the one table, and how a route learns who was let in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.routing import BaseRoute, Route, compile_path

from central_server.requests.caller import Caller
from shared.errors import OurBug
from shared.permissions import ROUTE_PERMISSIONS, Permission


@dataclass(frozen=True, slots=True)
class Line:
    """The line of the table that a request falls under.

    Attributes:
        path: as it stands in the code; empty when no route serves the request.
        parts: what the path's names stand for in this request.
    """

    method: str
    path: str
    permission: Permission
    parts: Mapping[str, str]

    @property
    def shown(self) -> str:
        """What the audit log calls it."""
        return f"{self.method} {self.path or '(no route)'}"


def _patterns() -> dict[str, tuple[tuple[re.Pattern[str], str, Permission], ...]]:
    """Return what paths look like, by method, in the table's order; as the framework reads them."""
    methods = {method for method, _ in ROUTE_PERMISSIONS}
    return {
        wanted: tuple(
            (compile_path(path)[0], path, permission)
            for (method, path), permission in ROUTE_PERMISSIONS.items()
            if method == wanted
        )
        for wanted in methods
    }


_PATTERNS = _patterns()


def line_for(method: str, path: str) -> Line | None:
    """Return the line for a request; None when no route serves it."""
    for pattern, written, permission in _PATTERNS.get("GET" if method == "HEAD" else method, ()):
        if found := pattern.match(path):
            return Line(method, written, permission, found.groupdict())
    return None


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
