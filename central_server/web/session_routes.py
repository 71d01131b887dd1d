"""Signing the page in and out. The cookie is the only credential that a browser sends by itself."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from central_server.identity.tokens import hash_of
from central_server.requests.caller import Caller
from central_server.web.errors import problems
from central_server.web.http_credentials import host_of
from central_server.web.parts import WebParts
from central_server.web.sessions import COOKIE, LASTS_SECONDS
from shared.errors import NotAuthenticated, NotPermitted

_PATH = "/api/v1/session"


class SignInModel(BaseModel):
    """What a page shows to be let in."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(default="", max_length=200, description="A token; empty asks as the local user.")


class SessionModel(BaseModel):
    """Who a page acts for."""

    user: str = Field(description="Empty when it has not signed in.")
    role: str
    is_session: bool = Field(description="Whether there is a session, without which a page may only read.")


def session_routes(parts: WebParts) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["server"])
    identity, sessions = parts.authenticator, parts.sessions

    @routes.get(_PATH, responses=problems(403, 429))
    async def session(request: Request) -> SessionModel:
        """Tell who the page acts for."""
        try:
            if (caller := await identity.of_session(request)) is not None:
                return _shown(caller, is_session=True)
            return _shown(identity.local(request), is_session=False)
        except NotAuthenticated:
            return SessionModel(user="", role="", is_session=False)

    @routes.post(_PATH, responses=problems(400, 401, 403, 422, 429))
    async def sign_in(request: Request, response: Response, body: SignInModel | None = None) -> SessionModel:
        """Begin a session: with a token, or without one as the local user where that needs none."""
        token = body.token if body else ""
        try:
            caller = await identity.signing_in(request, token)
        except (NotAuthenticated, NotPermitted) as refusal:
            parts.audit.refused(_nobody(request), "sign in", refusal)
            raise
        cookie = sessions.begin(hash_of(token) if token else "")
        response.set_cookie(
            COOKIE, cookie, max_age=int(LASTS_SECONDS), httponly=True, samesite="strict", secure=parts.has_tls
        )
        parts.audit.record(caller, "sign in")
        return _shown(caller, is_session=True)

    @routes.delete(_PATH, status_code=204, responses=problems(403, 429))
    async def sign_out(request: Request) -> Response:
        """End the session."""
        sessions.end(request.cookies.get(COOKIE, ""))
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=parts.has_tls)
        return response

    return routes


def _shown(caller: Caller, *, is_session: bool) -> SessionModel:
    return SessionModel(user=caller.user_id, role=caller.role.value, is_session=is_session)


def _nobody(request: Request) -> Caller:
    return Caller("", peer=host_of(request))
