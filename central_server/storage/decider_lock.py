"""Keeps a second central server away from a database that one already decides on. The system frees it when we die."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from shared.errors import WrongState


class DeciderLock:
    """A lock on the file beside the database; held from `take` to `release`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, database_file: Path) -> Self:
        """Take the lock of this database, and write our process id where the next one can read it.

        Raises:
            WrongState: another process has it.
        """
        path = database_file.with_name(database_file.name + ".lock")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise WrongState(
                f"another central server (process {holder or 'unknown'}) already decides on {database_file}: "
                "stop that one, or give this one another --state-dir or --database",
                field="database",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        return cls(descriptor)

    def release(self) -> None:
        """Let the next one have it."""
        os.close(self._descriptor)
