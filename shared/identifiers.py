"""Names of jobs, attempts, nodes and sessions: how they are made and what they may look like."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from shared.errors import InvalidField

_ALLOWED_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True, order=True)
class AttemptKey:
    """One try of one job; everything a node says about its work is fenced by this.

    Attributes:
        job_id: the job.
        number: counted from 1.
    """

    job_id: str
    number: int

    def __str__(self) -> str:
        """Return `job#number`, as logs show it."""
        return f"{self.job_id}#{self.number}"


def new_job_id() -> str:
    """Return a fresh job id: 16 hex digits."""
    return secrets.token_hex(8)


def new_node_id() -> str:
    """Return a fresh node id, kept by the node in its state directory."""
    return f"node-{secrets.token_hex(6)}"


def new_session_id() -> str:
    """Return a fresh id for one open stream or one process."""
    return secrets.token_hex(8)


def check_identifier(value: str, *, field: str) -> str:
    """Return `value` when it can be an id on disk, in URLs and in logs.

    Raises:
        InvalidField: it is empty, longer than 128 characters, or has characters other than letters, digits,
            `.`, `_` and `-`.
    """
    if _ALLOWED_ID.fullmatch(value) is None:
        raise InvalidField(
            f"{field} must be 1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit, "
            f"got {value[:40]!r}",
            field=field,
        )
    return value
