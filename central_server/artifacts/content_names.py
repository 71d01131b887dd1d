"""The names of artifacts, which are their SHA-256 in hex, and where one lies below a root. It touches no file."""

from __future__ import annotations

import re

from shared.errors import InvalidField

_SHA256 = re.compile("[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """Whether `text` is 64 lower-case hex digits."""
    return _SHA256.fullmatch(text) is not None


def check_sha256(sha256: str) -> str:
    """Return `sha256`; it becomes the name of a file.

    Raises:
        InvalidField: it is not 64 lower-case hex digits.
    """
    if not is_sha256(sha256):
        raise InvalidField(f"sha256 must be 64 lower-case hex digits, got {sha256[:80]!r}", field="sha256")
    return sha256


def path_below_root(sha256: str) -> str:
    """Return where an artifact lies, the same in a directory and in an object store: `ab/abcd…`.

    Raises:
        InvalidField: `sha256` is none.
    """
    return f"{check_sha256(sha256)[:2]}/{sha256}"
