"""Opening what was allowed to be read: a plain file, and still the one that its path named when it was checked.

A path is checked first and opened later. In between, someone who may write into a data root could put a link, a pipe
or a device there, so what has been opened is looked at again. A hard link is a file of the folder that it is in.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO

from shared.errors import BadData

DESCRIPTORS = Path("/proc/self/fd")
FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
"""Nothing of a pipe, a link or a device waits or is followed while it is opened."""


def open_file(path: Path, name: str) -> IO[bytes]:
    """Open a plain file by a path in which all links are resolved.

    Args:
        path: from `allowed_path` or `beside`.
        name: what messages call it.

    Raises:
        BadData: when it is not there, may not be read, is no plain file, or is no longer what was checked.
    """
    try:
        descriptor = os.open(path, FLAGS)
    except OSError as error:
        raise _refusal(f"{name}: expected a readable file, got {error.strerror}") from error
    reason = _why_not(descriptor, path)
    if reason:
        os.close(descriptor)
        raise _refusal(f"{name}: expected {reason}")
    return os.fdopen(descriptor, "rb")


def name_of_opened(file: IO[bytes], path: Path) -> str:
    """Give a name by which a library can open an opened file again, whatever has come to its path meanwhile."""
    again = DESCRIPTORS / str(file.fileno())
    return str(again) if again.exists() else str(path)


def _why_not(descriptor: int, path: Path) -> str:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return "a plain file, got a folder, pipe, socket or device"
    if not _is_at(descriptor, status, path):
        return "a file that stays where it is, got one that was moved or replaced while it was being opened"
    return ""


def _is_at(descriptor: int, status: os.stat_result, path: Path) -> bool:
    link = DESCRIPTORS / str(descriptor)
    try:
        if link.is_symlink():
            return link.readlink() == path
        return path.resolve() == path and os.path.samestat(path.stat(), status)
    except (OSError, RuntimeError):
        return False


def _refusal(sentence: str) -> BadData:
    return BadData(sentence, field="dataset")
