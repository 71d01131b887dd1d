"""What a token is: how one is made, what is kept of it, and when it still counts. It asks no store and no clock.

A token is 256 random bits behind a prefix by which people and scanners of leaked secrets recognise it. Only its SHA-256
is kept: with that many random bits a slow hash would protect nothing more.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from central_server.requests.caller import Caller
from shared.errors import NotAuthenticated
from shared.permissions import Role

PREFIX = "cyx_"
_RANDOM_BYTES = 32
_WHOLE = re.compile(r"cyx_[A-Za-z0-9_-]{43}")
_LONGEST_NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What is kept of a token; the token itself is nowhere.

    Attributes:
        token_id: by which it is listed and revoked.
        sha256: of the whole token, in hexadecimal.
        expires_at_ms: 0 for never.
        revoked_at_ms: 0 while it is not.
        last_used_at_ms: to the minute; 0 for never.
    """

    token_id: str
    name: str
    user_id: str
    role: Role
    sha256: str
    created_at_ms: int
    expires_at_ms: int = 0
    revoked_at_ms: int = 0
    last_used_at_ms: int = 0


def new_token(*, name: str, user_id: str, role: Role, now_ms: int, expires_at_ms: int = 0) -> tuple[str, TokenRecord]:
    """Return a new token, which is shown once, and what is kept of it."""
    text = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    token_id = f"tok-{secrets.token_hex(6)}"
    shown_name = name[:_LONGEST_NAME_CHARACTERS]
    return text, TokenRecord(token_id, shown_name, user_id, role, hash_of(text), now_ms, expires_at_ms)


def hash_of(token: str) -> str:
    """Return by what a token is kept and found."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_formed_like_a_token(text: str) -> bool:
    """Tell whether this could be a token, so that what cannot be one costs no look-up."""
    return _WHOLE.fullmatch(text) is not None


def caller_with(record: TokenRecord | None, sha256: str, *, now_ms: int, peer: str) -> Caller:
    """Return who shows the token with this hash, given the record that was found for it.

    Raises:
        NotAuthenticated: there is none, or it counts no more.
    """
    # Found by its hash, so this cannot differ; compared all the same, in constant time, should a look-up ever be loose.
    if record is None or not hmac.compare_digest(record.sha256, sha256):
        raise NotAuthenticated("the token is not known here; ask whoever runs this server for one")
    if record.revoked_at_ms:
        raise NotAuthenticated(
            f"the token {record.token_id} has been revoked; ask whoever runs this server for a new one"
        )
    if record.expires_at_ms and record.expires_at_ms <= now_ms:
        raise NotAuthenticated(f"the token {record.token_id} has expired; ask whoever runs this server for a new one")
    return Caller(record.user_id, record.role, token_id=record.token_id, token_name=record.name, peer=peer)
