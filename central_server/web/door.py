"""Lets an HTTP request in or not, before any of its body is read: who makes it, and whether they may."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from central_server.requests.caller import LOCAL_USER, Caller
from central_server.web.errors import answer_to
from central_server.web.permissions import permission_for
from shared.errors import CyxWizError
from shared.permissions import Permission, Role


class HttpAuthenticator(Protocol):
    """Tells from a request's headers who made it."""

    async def caller(self, connection: HTTPConnection, *, permission: Permission) -> Caller:
        """Return the caller.

        Raises:
            NotAuthenticated: the credentials are wrong, or missing where they are needed.
        """
        ...


class EverybodyIsLocal:
    """Takes every caller for the one local user, who may everything."""

    async def caller(self, connection: HTTPConnection, *, permission: Permission) -> Caller:  # noqa: ARG002 - all may
        """Return the local user."""
        peer = connection.client
        return Caller(LOCAL_USER, Role.ADMIN, peer=f"{peer.host}:{peer.port}" if peer else "")


class Door:
    """The one way in for HTTP."""

    def __init__(self, app: ASGIApp, authenticator: HttpAuthenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            # What no route serves is told so by the framework, to those who may read.
            permission = permission_for(scope["method"], scope["path"]) or Permission.READ
            caller = await self._authenticator.caller(request, permission=permission)
            caller.require(permission, f"{scope['method']} {scope['path']}"[:200])
        except CyxWizError as error:
            await (await answer_to(request, error))(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)
