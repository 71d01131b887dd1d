"""What identity needs of the store, as a Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from central_server.identity.audit_entry import AuditEntry
from central_server.identity.tokens import TokenRecord


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries of the audit log; the newest first.

    Attributes:
        user_id: only this user's; empty for all.
        before: only those with a smaller number; 0 begins with the newest.
    """

    user_id: str = ""
    before: int = 0
    limit: int = 100


class SecurityStore(Protocol):
    """Durable memory of tokens and of the audit log. Every method raises `StoreUnavailable` when it cannot."""

    async def find_token(self, sha256: str) -> TokenRecord | None:
        """Return the token with this hash."""
        ...

    async def tokens(self) -> tuple[TokenRecord, ...]:
        """Return every token ever made, the oldest first."""
        ...

    async def add_token(self, record: TokenRecord) -> None:
        """Keep a new token."""
        ...

    async def revoke_token(self, token_id: str, at_ms: int) -> TokenRecord | None:
        """Let a token count no more; return it as it then is, None when there is none."""
        ...

    async def add_audit(self, entries: Sequence[AuditEntry]) -> None:
        """Append to the audit log; and note which tokens were used when."""
        ...

    async def list_audit(self, query: AuditQuery) -> tuple[AuditEntry, ...]:
        """Return a page of the audit log."""
        ...
