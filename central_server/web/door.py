"""Lets an HTTP request in or not, before any of its body is read: who makes it, whether they may, how long it is.

What changes something, and what is refused, goes into the audit log.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central_server.identity.audit_entry import OK
from central_server.identity.audit_log import CHANGING, AuditLog
from central_server.requests.caller import NOBODY, Caller
from central_server.web.errors import answer_to
from central_server.web.http_credentials import host_of
from central_server.web.permissions import Line, line_for
from shared.errors import CyxWizError, NotAuthenticated, NotPermitted, TooLarge
from shared.job_text import MAX_JOB_FILE_BYTES
from shared.permissions import Permission

MOST_BODY_BYTES = MAX_JOB_FILE_BYTES
"""No route takes more; a request that says it is longer is not read at all."""

_RESULTS = {400: "invalid_argument", 401: "unauthenticated", 403: "permission_denied", 404: "not_found"}
_FIRST_ERROR = 400
_SUBJECTS = ("job_id", "node_id", "deployment_id", "name")


class HttpAuthenticator(Protocol):
    """Tells from a request's headers who made it."""

    async def caller(self, connection: HTTPConnection, *, permission: Permission) -> Caller:
        """Return the caller.

        Raises:
            NotAuthenticated: the credentials are wrong, or missing where they are needed.
            NotPermitted: it comes by a name or from a page that is not this server's.
            TooManyRequests: they ask, or guess, too fast.
        """
        ...


class Door:
    """The one way in for HTTP."""

    def __init__(self, app: ASGIApp, authenticator: HttpAuthenticator, audit: AuditLog) -> None:
        self._app = app
        self._authenticator = authenticator
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        # What no route serves is told so by the framework, to those who may read.
        line = line_for(scope["method"], scope["path"]) or Line(scope["method"], "", Permission.READ, {})
        try:
            caller = await self._admit(request, line)
        except CyxWizError as error:
            await (await answer_to(request, error))(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["caller"] = caller
        # For streams, which outlive this moment.
        state["still_counts"] = partial(self._authenticator.caller, request, permission=line.permission)
        if line.permission in CHANGING:
            await self._pass_on_noting(scope, receive, send, line)
        else:
            await self._app(scope, receive, send)

    async def _admit(self, request: Request, line: Line) -> Caller:
        caller = Caller(NOBODY.user_id, NOBODY.role, peer=host_of(request))
        try:
            _refuse_long(request)
            caller = await self._authenticator.caller(request, permission=line.permission)
            caller.require(line.permission, line.shown)
        except (NotAuthenticated, NotPermitted) as refusal:
            self._audit.refused(caller, line.shown, refusal)
            raise
        return caller

    async def _pass_on_noting(self, scope: Scope, receive: Receive, send: Send, line: Line) -> None:
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            state = scope["state"]
            subject = state.get("subject") or next((line.parts[name] for name in _SUBJECTS if name in line.parts), "")
            result = OK if status < _FIRST_ERROR else _RESULTS.get(status, f"http_{status}")
            self._audit.record(state["caller"], line.shown, subject=subject, result=result)


def _refuse_long(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > MOST_BODY_BYTES:
        raise TooLarge(f"the body must be at most {MOST_BODY_BYTES} bytes, got {length[:20]}")
