"""What the SDK hands out about tokens and the audit log: frozen records whose names are the keys of their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.pb import security_pb2


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What is known of a token, which is never the token itself; times in Unix milliseconds.

    Attributes:
        expires_at_ms: 0 for never.
        revoked_at_ms: 0 while it has not been.
        last_used_at_ms: to the minute, of what changed something; 0 for never.
    """

    token_id: str
    name: str
    user_id: str
    role: str
    created_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int
    last_used_at_ms: int


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it was made; nobody can show `token` again."""

    token: str
    info: TokenInfo

    def __repr__(self) -> str:
        """Keep the secret out of logs."""
        return f"NewToken(info={self.info!r})"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, or was refused; see `cyxwiz audit`."""

    sequence: int
    at_ms: int
    user_id: str
    role: str
    token_id: str
    peer: str
    action: str
    subject: str
    result: str
    detail: str


def token_info_from_wire(message: security_pb2.TokenInfo) -> TokenInfo:
    """Return the record of a message."""
    return TokenInfo(
        token_id=message.token_id,
        name=message.name,
        user_id=message.user_id,
        role=message.role,
        created_at_ms=message.created_at_ms,
        expires_at_ms=message.expires_at_ms,
        revoked_at_ms=message.revoked_at_ms,
        last_used_at_ms=message.last_used_at_ms,
    )


def audit_entry_from_wire(message: security_pb2.AuditEntry) -> AuditEntry:
    """Return the record of a message."""
    return AuditEntry(
        sequence=message.sequence,
        at_ms=message.at_ms,
        user_id=message.user_id,
        role=message.role,
        token_id=message.token_id,
        peer=message.peer,
        action=message.action,
        subject=message.subject,
        result=message.result,
        detail=message.detail,
    )
