"""Join tokens: what one looks like, and those that are made beside an authority, before there is a server to ask.

Of a token made here the folder keeps the hash, in a file of that name; the token itself goes to the node alone.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.errors import InvalidField
from shared.private_file import write_private

PREFIX = "cyxjoin_"
LONGEST_SECONDS = 30 * 24 * 3600

_LONGEST_NAME_CHARACTERS = 100
_FOLDER = "join_tokens"


@dataclass(frozen=True, slots=True)
class JoinToken:
    """What is kept of a join token.

    Attributes:
        sha256: of the whole token, in hexadecimal.
        made_by: the user who asked for it; empty for one that was made beside the authority.
        used_by: the node that used it; empty until then.
        request_sha256: of the certificate request that it was used for.
    """

    sha256: str
    name: str
    made_by: str
    expires_at_ms: int
    used_by: str = ""
    request_sha256: str = ""


def new_join_token(*, name: str, made_by: str, seconds: int, now_ms: int) -> tuple[str, JoinToken]:
    """Return a new token, which is shown once, and what is kept of it.

    Raises:
        InvalidField: it would live too long, or not at all.
    """
    if not 0 < seconds <= LONGEST_SECONDS:
        raise InvalidField(
            f"a join token must live between 1 and {LONGEST_SECONDS} s, got {seconds}", field="expires_in_seconds"
        )
    text = PREFIX + secrets.token_urlsafe(32)
    return text, JoinToken(digest_of(text), name[:_LONGEST_NAME_CHARACTERS], made_by, now_ms + seconds * 1000)


def digest_of(what: str | bytes) -> str:
    """Return by what a token or a request is remembered."""
    return hashlib.sha256(what.encode(errors="replace") if isinstance(what, str) else what).hexdigest()


def keep_beside_authority(tls_folder: Path, token: JoinToken) -> None:
    """Let the server with this folder know a token.

    Raises:
        InvalidField: it cannot be written there.
    """
    write_private(tls_folder / _FOLDER / f"{token.sha256}.json", json.dumps(asdict(token)).encode())


def find_beside_authority(tls_folder: Path, sha256: str) -> JoinToken | None:
    """Return a token that was made beside the authority; whether it was used is not known here."""
    try:
        found = JoinToken(**json.loads((tls_folder / _FOLDER / f"{sha256}.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.sha256 == sha256 else None
