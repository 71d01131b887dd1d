"""A job's checkpoints as files among others: which there are, how far each is, a copy for the road, a new newest one.

Two or more generations lie beside each other: a file that was damaged where it lies costs the steps since the one
before it, not all of them. It knows the format's outside only; what is in the arrays is the training engine's matter.
JAX-free.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from server_node.training.checkpoints.sealed import read_sealed
from shared.atomic_file import sync_folder
from shared.errors import UserMistake
from shared.node_messages import StoredCheckpoint
from shared.safetensors_format import SafetensorsFile, read_safetensors

LARGEST_KEPT = 16


def generations(newest: Path) -> Sequence[Path]:
    """Return the files of a job's checkpoints that are there, newest first.

    Args:
        newest: where the newest lies, or would.
    """
    return [path for age in range(LARGEST_KEPT) if (path := _aged(newest, age)).exists()]


def checkpoint_step(path: Path) -> int:
    """Return the finished steps of a checkpoint; 0 where there is none that can be read."""
    try:
        return _step_of(read_safetensors(path))
    except (OSError, UserMistake, ValueError):
        return 0


def furthest_whole_step(newest: Path) -> int:
    """Return the finished steps of the furthest checkpoint that is what it was written as; 0 for none."""
    return max((_whole_step(path) for path in generations(newest)), default=0)


def hold_copy(path: Path, copy: Path) -> bool:
    """Give the file as it is now a second name, which stays when the first gets another file; False without a file."""
    copy.unlink(missing_ok=True)
    try:
        os.link(path, copy)
    except FileNotFoundError:
        return False
    return True


def described(path: Path) -> StoredCheckpoint:
    """Return what the server is told of a checkpoint; its fingerprint is the one of the device that made it.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size_bytes = file.seek(0, os.SEEK_END)
    return StoredCheckpoint(sha256, size_bytes, checkpoint_step(path), _fingerprint(path))


def put_in_place(fresh: Path, newest: Path, *, keep: int) -> None:
    """Make a whole file the job's newest checkpoint; `keep` files stay, and at every moment there is one.

    Raises:
        OSError: the disk does not take it; what was there can still be read.
    """
    newest.parent.mkdir(parents=True, exist_ok=True)
    for age in range(keep - 1, 1, -1):
        if (younger := _aged(newest, age - 1)).exists():
            younger.replace(_aged(newest, age))
    second_name = newest.with_name(f".{newest.name}.second")
    if keep > 1 and hold_copy(newest, second_name):
        second_name.replace(_aged(newest, 1))
    fresh.replace(newest)
    for age in range(max(1, keep), LARGEST_KEPT):
        _aged(newest, age).unlink(missing_ok=True)
    sync_folder(newest.parent)


def _aged(newest: Path, age: int) -> Path:
    return newest.with_name(f"{newest.stem}-{age}{newest.suffix}") if age else newest


def _whole_step(path: Path) -> int:
    try:
        return _step_of(read_sealed(path))
    except (OSError, UserMistake, ValueError):
        return 0


def _step_of(file: SafetensorsFile) -> int:
    return max(0, int(file.metadata.get("step") or file.metadata.get("batches") or 0))


def _fingerprint(path: Path) -> str:
    """Write the file's fingerprint as a node describes its own, so that equal ones are equal texts."""
    try:
        found = json.loads(read_safetensors(path).metadata["fingerprint"])
    except (OSError, UserMistake, ValueError, KeyError):
        return ""
    return json.dumps(found, sort_keys=True)
