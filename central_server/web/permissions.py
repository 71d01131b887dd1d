"""Who may do what over HTTP: every route asks here first, so that one place decides.

Until there are users, whoever reaches the server may do everything, as the user `local`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from central_server.requests.caller import LOCAL_USER, Caller


async def reading() -> Caller:
    """Return who reads."""
    return Caller(LOCAL_USER)


async def changing(request: Request) -> Caller:
    """Return who changes something, and which trace of theirs it belongs to."""
    return Caller(LOCAL_USER, traceparent=request.headers.get("traceparent", ""))


Changing = Annotated[Caller, Depends(changing)]
"""The parameter by which a route that changes something says so."""
