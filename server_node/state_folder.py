"""The node's state directory: one process at a time, and an id that stays. It knows nothing of what else lies there."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from shared.atomic_file import sync_folder
from shared.errors import MachineFailure
from shared.identifiers import check_identifier, new_node_id


class StateFolder:
    """A locked state directory; the lock is held until this process ends or `unlock` is called.

    Raises:
        MachineFailure: another process holds it, or it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as refusal:
            raise MachineFailure(f"the state directory {path} cannot be used: {refusal}") from refusal
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise MachineFailure(
                f"another node process uses the state directory {path}; stop it, or give this one another --state-dir"
            ) from None
        self.node_id = _node_id(path)

    def unlock(self) -> None:
        """Let another process have it."""
        os.close(self._lock)


def _node_id(folder: Path) -> str:
    path = folder / "node_id"
    if path.exists():
        return check_identifier(path.read_text().strip(), field=str(path))
    node_id = new_node_id()
    temporary = path.with_suffix(".new")
    temporary.write_text(f"{node_id}\n")
    temporary.replace(path)
    sync_folder(folder)
    return node_id
