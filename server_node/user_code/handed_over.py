"""Files that the process of a user's model has written, copied to where the node keeps its own.

The process may put anything in place of a file, so links are not followed and only regular files are read, up to a
limit; what lies there is copied and hashed by the node.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from server_node.user_code.messages import UserCodeFailed
from shared.atomic_file import atomic_writer
from shared.node_messages import ResultFile

_PIECE_BYTES = 1 << 20


def hand_over(source_folder: Path, name: str, target: Path, largest_bytes: int) -> ResultFile:
    """Copy `source_folder/name` to `target`, whole or not at all, remove it there, and describe the copy.

    Raises:
        UserCodeFailed: it is no regular file, or larger than allowed.
    """
    digest, size = hashlib.sha256(), 0
    with _opened(source_folder, name) as source, atomic_writer(target) as copy:
        while piece := source.read(_PIECE_BYTES):
            size += len(piece)
            if size > largest_bytes:
                raise UserCodeFailed(f"{name} must be at most {largest_bytes:,} bytes, got more")
            digest.update(piece)
            copy.write(piece)
    (source_folder / name).unlink(missing_ok=True)
    return ResultFile(target.name, digest.hexdigest(), size)


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[BinaryIO]:
    try:
        inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=inside)
        finally:
            os.close(inside)
    except OSError as error:
        raise UserCodeFailed(f"{name} was not written by the user's process: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise UserCodeFailed(f"{name} must be a regular file")
    with os.fdopen(found, "rb") as file:
        yield file
