"""What keeps a second central server from deciding on a database that one already decides on."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import Connection

from shared.errors import WrongState


class DeciderLock(Protocol):
    """The right to decide on one database; at most one process has it. Its methods may block: call them in threads."""

    @property
    def is_held(self) -> bool:
        """Whether we have it for certain at this moment; asks nobody."""
        ...

    @property
    def holder(self) -> str:
        """Where the one that has it is reached, as far as is known; empty when nobody has it."""
        ...

    def take(self, address: str) -> bool:
        """Take it, unless somebody has it, and say where we are reached."""
        ...

    def renew(self) -> None:
        """Keep it for a while longer.

        Raises:
            NotTheDecider: another has it now.
        """
        ...

    def fence(self, connection: Connection) -> None:
        """Hold it until the transaction on `connection` ends.

        Raises:
            NotTheDecider: another has it now.
        """
        ...

    def release(self) -> None:
        """Let the next one have it, if it is ours."""
        ...


class FileLock:
    """A lock on a file beside the database. The system frees it when we die, so it needs no renewal and no fence."""

    is_held = True
    holder = ""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def of(cls, database_file: Path) -> Self:
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

    def take(self, address: str) -> bool:  # noqa: ARG002 - a DeciderLock; nobody waits who would have to be told
        """Have it: there is no such lock without."""
        return True

    def renew(self) -> None:
        """Do nothing."""

    def fence(self, connection: Connection) -> None:
        """Do nothing."""

    def release(self) -> None:
        """Let the next one have it."""
        os.close(self._descriptor)
