"""From a request to the route that answers it: host, route and caller are checked before a byte of the body is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from server_node.own_http.hosts import KnownHosts
from server_node.own_http.messages import HttpAnswer, HttpRefusal, HttpRequest, ReadBody
from server_node.own_http.problems import problem_of
from server_node.ports import CallerPort
from shared.errors import OurBug, TooLarge
from shared.permissions import NODE_ROUTE_PERMISSIONS, Permission

RouteKey = tuple[str, str]
Route = Callable[[HttpRequest, bytes], Awaitable[HttpAnswer]]


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How large a body may be, by its type; other types are refused where any is listed."""

    bytes_of_type: Mapping[str, int]

    def of(self, request: HttpRequest) -> int:
        """Return how many bytes the body may have, what it says of itself being within that.

        Raises:
            HttpRefusal: bodies of that type are not taken.
            TooLarge: it says that it is larger.
        """
        if not self.bytes_of_type:
            return 0
        most = self.bytes_of_type.get(request.content_type)
        if most is None:
            taken = " or ".join(self.bytes_of_type)
            raise HttpRefusal(415, f"Content-Type must be {taken}, got {request.content_type[:100]!r}")
        if request.headers.get("content-encoding", "identity") != "identity":
            raise HttpRefusal(415, "the body must be sent as it is, without Content-Encoding")
        said = request.headers.get("content-length", "0")
        if said.isdigit() and int(said) > most:
            raise TooLarge(f"the body may have at most {most:,} bytes as {request.content_type}, got {int(said):,}")
        return most


@dataclass(frozen=True, slots=True)
class Entry:
    """A route and what its bodies may be."""

    route: Route
    limit: BodyLimit


class Door:
    """Answers requests; see `Answering`.

    Args:
        routes: by method and path; each needs its line in `NODE_ROUTE_PERMISSIONS`.
    """

    def __init__(self, routes: Mapping[RouteKey, Entry], *, callers: CallerPort, hosts: KnownHosts) -> None:
        for method, path in routes:
            if (method, path) not in NODE_ROUTE_PERMISSIONS:
                raise OurBug(f"the route {method} {path} needs a line in NODE_ROUTE_PERMISSIONS, and has none")
        self._routes = routes
        self._callers = callers
        self._hosts = hosts

    async def answer(self, request: HttpRequest, body: ReadBody) -> HttpAnswer:
        """Answer, with an error's sentence where it cannot be done."""
        try:
            return await self._answer(request, body)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is becomes an answer
            return problem_of(error)

    async def _answer(self, request: HttpRequest, body: ReadBody) -> HttpAnswer:
        self._hosts.check(request)
        key, entry = self._find(request)
        permission = NODE_ROUTE_PERMISSIONS[key]
        if permission is not Permission.OPEN:
            authorization = request.headers.get("authorization", "")
            await self._callers.check(authorization, request.caller_host, permission, " ".join(key))
        return await entry.route(request, await body(entry.limit.of(request)))

    def _find(self, request: HttpRequest) -> tuple[RouteKey, Entry]:
        key = ("GET" if request.method == "HEAD" else request.method, request.path)
        entry = self._routes.get(key)
        if entry is not None:
            return key, entry
        methods = sorted(method for method, path in self._routes if path == request.path)
        if methods:
            allowed = ", ".join(methods)
            raise HttpRefusal(
                405, f"{request.path} takes {allowed}, got {request.method[:20]}", headers={"Allow": allowed}
            )
        paths = ", ".join(" ".join(each) for each in self._routes)
        raise HttpRefusal(404, f"there is no {request.path[:200]!r} here; there are {paths}")
