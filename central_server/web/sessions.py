"""Sessions of pages in browsers: what a cookie stands for, here in memory, for some hours; a restart ends them all.

Of a cookie only the hash is kept, and of who signed in with a token only that token's hash: whether it still counts is
asked with every request, so a revoked token ends its sessions at once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from shared.clock import Clock

COOKIE = "cyxwiz_session"
LASTS_SECONDS = 12 * 3600.0
_MOST_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class PageSession:
    """Somebody's page.

    Attributes:
        token_sha256: of the token that it signed in with; empty for the local user.
        ends_at_seconds: on the monotonic clock.
    """

    token_sha256: str
    ends_at_seconds: float


class PageSessions:
    """A bounded number of sessions; the oldest go first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, PageSession] = OrderedDict()

    def begin(self, token_sha256: str = "") -> str:
        """Return the cookie of a new session."""
        cookie = secrets.token_urlsafe(32)
        self._sessions[_key(cookie)] = PageSession(token_sha256, self._clock.monotonic_seconds() + LASTS_SECONDS)
        if len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return cookie

    def find(self, cookie: str) -> PageSession | None:
        """Return what a cookie stands for; None when it stands for nothing, or no more."""
        session = self._sessions.get(_key(cookie))
        if session is not None and session.ends_at_seconds <= self._clock.monotonic_seconds():
            self.end(cookie)
            return None
        return session

    def end(self, cookie: str) -> None:
        """Forget a session."""
        self._sessions.pop(_key(cookie), None)


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
