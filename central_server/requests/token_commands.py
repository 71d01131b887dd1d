"""Making, listing and revoking tokens, and reading the audit log. Durable when it is answered."""

from __future__ import annotations

from central_server.identity.audit_entry import AuditEntry
from central_server.identity.known_tokens import KnownTokens
from central_server.identity.security_store import AuditQuery, SecurityStore
from central_server.identity.tokens import TokenRecord, new_token
from central_server.requests.caller import LOCAL_USER
from shared.clock import Clock
from shared.errors import InvalidField, NotFound
from shared.identifiers import check_identifier
from shared.permissions import Role

MOST_AUDIT_ENTRIES = 1_000
LONGEST_LIFE_SECONDS = 10 * 365 * 24 * 3600


class TokenCommands:
    """What admins ask."""

    def __init__(self, store: SecurityStore, known: KnownTokens, clock: Clock) -> None:
        self._store = store
        self._known = known
        self._clock = clock

    async def create(
        self, *, role: str, user_id: str = "", name: str = "", expires_in_seconds: int = 0
    ) -> tuple[str, TokenRecord]:
        """Return a new token, and what is kept of it.

        Raises:
            InvalidField: the role, the user or the time is none.
        """
        now_ms = self._clock.unix_ms()
        text, record = new_token(
            name=checked_name(name),
            user_id=check_identifier(user_id, field="user") if user_id else LOCAL_USER,
            role=checked_role(role),
            now_ms=now_ms,
            expires_at_ms=expiry_ms(now_ms, expires_in_seconds),
        )
        await self._store.add_token(record)
        return text, record

    async def list(self) -> tuple[TokenRecord, ...]:
        """Return every token ever made."""
        return await self._store.tokens()

    async def revoke(self, token_id: str) -> TokenRecord:
        """Let a token count no more, from now on.

        Raises:
            NotFound: there is none.
        """
        record = await self._store.revoke_token(token_id, self._clock.unix_ms())
        self._known.forget()
        if record is None:
            raise NotFound(f"there is no token {token_id[:100]!r}; 'cyxwiz token list' shows them", field="token_id")
        return record

    async def audit(self, query: AuditQuery) -> tuple[AuditEntry, ...]:
        """Return a page of the audit log, the newest first."""
        if not 0 < query.limit <= MOST_AUDIT_ENTRIES:
            raise InvalidField(f"limit must be between 1 and {MOST_AUDIT_ENTRIES}, got {query.limit}", field="limit")
        return await self._store.list_audit(query)


def checked_role(text: str) -> Role:
    """Return the role of this name.

    Raises:
        InvalidField: there is none.
    """
    try:
        return Role(text)
    except ValueError:
        names = ", ".join(Role)
        raise InvalidField(f"role must be one of {names}, got {text[:100]!r}", field="role") from None


def checked_name(text: str) -> str:
    """Return what a token is called.

    Raises:
        InvalidField: it is too long, or holds what cannot be printed.
    """
    if len(text) > 100 or not text.isprintable():
        raise InvalidField("name must have at most 100 characters, all of which can be printed", field="name")
    return text


def expiry_ms(now_ms: int, expires_in_seconds: int) -> int:
    """Return when a token ends that is made now; 0 for never.

    Raises:
        InvalidField: the time is out of range.
    """
    if not 0 <= expires_in_seconds <= LONGEST_LIFE_SECONDS:
        raise InvalidField(
            f"expires must be between 1 second and {LONGEST_LIFE_SECONDS} seconds, or 0 for never, "
            f"got {expires_in_seconds}",
            field="expires",
        )
    return now_ms + expires_in_seconds * 1000 if expires_in_seconds else 0
