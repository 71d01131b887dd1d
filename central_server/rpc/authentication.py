"""Who asks. Until there is authentication everybody is the user `local`; a later check takes this one's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LOCAL_USER = "local"

Metadata = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Caller:
    """The user on whose behalf a request is made.

    Attributes:
        traceparent: of the client's own trace, as it was sent; empty for none.
    """

    user_id: str
    traceparent: str = ""


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
