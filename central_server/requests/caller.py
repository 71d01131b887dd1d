"""Who asks for something, as far as the edges have found out."""

from __future__ import annotations

from dataclasses import dataclass

LOCAL_USER = "local"


@dataclass(frozen=True, slots=True)
class Caller:
    """The user on whose behalf a request is made.

    Attributes:
        traceparent: of the client's own trace, as it was sent; empty for none.
    """

    user_id: str
    traceparent: str = ""
