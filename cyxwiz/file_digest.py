"""The SHA-256 and size of bytes and of files, read a piece at a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Digest:
    """What names a file by its content."""

    sha256: str
    size_bytes: int


def digest_of_bytes(data: bytes) -> Digest:
    """Return the digest of `data`."""
    return Digest(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))


def digest_of_file(path: Path) -> Digest:
    """Return the digest of the file at `path`."""
    with path.open("rb") as file:
        return Digest(sha256=hashlib.file_digest(file, "sha256").hexdigest(), size_bytes=file.tell())
