"""The first token: a server that has none makes one for an admin and leaves it in a file that only its owner reads."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from central_server.identity.security_store import SecurityStore
from central_server.identity.tokens import new_token
from central_server.requests.caller import LOCAL_USER
from central_server.structured_logging import log_event
from shared.clock import Clock
from shared.permissions import Role

FILE_NAME = "admin-token"
_NAME = "made at the first start"

_logger = logging.getLogger(__name__)


async def make_first_token(store: SecurityStore, state_dir: Path, clock: Clock) -> None:
    """Make and write the token unless there has ever been one.

    Raises:
        StoreUnavailable: it cannot be kept.
        OSError: it cannot be written.
    """
    if await store.tokens():
        return
    text, record = new_token(name=_NAME, user_id=LOCAL_USER, role=Role.ADMIN, now_ms=clock.unix_ms())
    path = state_dir / FILE_NAME
    # The file first: a token that nobody can read would never be made again.
    write_secret(path, text)
    await store.add_token(record)
    log_event(_logger, "admin_token_written", file=str(path), token=record.token_id)


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
