"""Who asks. Until there is authentication everybody is the user `local`; a later check takes this one's place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from central_server.requests.caller import LOCAL_USER, Caller

Metadata = Sequence[tuple[str, str | bytes]]


class Authenticator(Protocol):
    """Tells from a request's metadata who made it."""

    async def caller(self, metadata: Metadata) -> Caller:
        """Return the caller; an implementation that knows users raises when it knows none."""
        ...


class EverybodyIsLocal:
    """Takes every caller for the one local user."""

    async def caller(self, metadata: Metadata) -> Caller:  # noqa: ARG002 - nothing in it matters yet
        """Return the local user."""
        return Caller(LOCAL_USER)
