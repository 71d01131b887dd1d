"""Which token a client shows: from an argument, else from the environment. It opens no connection."""

from __future__ import annotations

import os
from pathlib import Path

from shared.errors import InvalidField

TOKEN_VARIABLE = "CYXWIZ_TOKEN"  # noqa: S105 - the name of a variable, no secret
TOKEN_FILE_VARIABLE = "CYXWIZ_TOKEN_FILE"  # noqa: S105 - the name of a variable, no secret


def resolve_token(token: str | None) -> str:
    """Return the token to show; empty for none.

    Args:
        token: what the program said; None takes `CYXWIZ_TOKEN`, else the file in `CYXWIZ_TOKEN_FILE`, and an empty
            text is no token whatever those say.

    Raises:
        InvalidField: it cannot be sent, or the file cannot be read.
    """
    if token is not None:
        return _sendable(token)
    if said := os.environ.get(TOKEN_VARIABLE):
        return _sendable(said)
    file = os.environ.get(TOKEN_FILE_VARIABLE)
    return token_in(Path(file)) if file else ""


def token_in(path: Path) -> str:
    """Return the token in a file.

    Raises:
        InvalidField: it cannot be read, or holds none.
    """
    try:
        text = path.expanduser().read_text(encoding="utf-8", errors="replace")
    except OSError as refusal:
        raise InvalidField(f"the token file {path} cannot be read: {refusal.strerror}", field="token-file") from None
    if not text.strip():
        raise InvalidField(f"the token file {path} must hold a token and is empty", field="token-file")
    return _sendable(text)


def _sendable(token: str) -> str:
    """Never says what the token is."""
    stripped = token.strip()
    if not (stripped.isascii() and stripped.isprintable()) or " " in stripped:
        raise InvalidField("a token is one word that begins with cyx_; what was given is none", field="token")
    return stripped
