"""A job's checkpoint as a file among others: how far it is, a copy that later saves do not touch, one from elsewhere.

It knows the format's outside only; what is in the arrays is the training engine's matter. JAX-free.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from shared.errors import UserMistake
from shared.node_messages import StoredCheckpoint
from shared.safetensors_format import read_safetensors


def checkpoint_step(path: Path) -> int:
    """Return the finished steps of a checkpoint; 0 where there is none that can be read."""
    try:
        metadata = read_safetensors(path).metadata
        return max(0, int(metadata.get("step") or metadata.get("batches") or 0))
    except (OSError, UserMistake, ValueError):
        return 0


def hold_copy(path: Path, copy: Path) -> bool:
    """Give the file as it is now a second name, which stays when the first gets another file; False without a file."""
    copy.unlink(missing_ok=True)
    try:
        os.link(path, copy)
    except FileNotFoundError:
        return False
    return True


def described(path: Path, *, fingerprint: str) -> StoredCheckpoint:
    """Return what the server is told of a checkpoint.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size_bytes = file.seek(0, os.SEEK_END)
    return StoredCheckpoint(sha256, size_bytes, checkpoint_step(path), fingerprint)


def put_in_place(fetched: Path, path: Path) -> None:
    """Make a fetched file the job's checkpoint; the one before it is replaced in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fetched.replace(path)
