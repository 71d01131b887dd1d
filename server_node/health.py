"""Whether a node of this machine is welcome at its server and can take work: for healthchecks, which ask no server.

The node writes it down in its state directory when it changes; `python -m server_node.health --state-dir DIR` reads it
and exits with 0 for yes. A node that has ended holds no lock on the directory, whatever it wrote last.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_READY = "ready"
_NAME = "health"


class Health:
    """What is written down; the file is touched only when it changes."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / _NAME
        self._said: bool | None = None

    def say(self, *, is_ready: bool) -> None:
        """Write it down. A full disk does not stop a node from training: then it counts as not ready."""
        if is_ready is self._said:
            return
        self._said = is_ready
        with suppress(OSError):
            temporary = self._path.with_suffix(".new")
            temporary.write_text(f"{_READY if is_ready else 'not ready'}\n")
            temporary.replace(self._path)
            return
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def is_healthy(state_dir: Path) -> bool:
    """Tell whether the node that uses this directory lives, is welcome at its server and can take work."""
    try:
        said = (state_dir / _NAME).read_text().strip()
    except OSError:
        return False
    return said == _READY and _is_in_use(state_dir)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 for a healthy node, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m server_node.health",
        description="Whether the node that uses a state directory is welcome at its server and can take work.",
        epilog="example: python -m server_node.health --state-dir /var/lib/cyxwiz",
    )
    parser.add_argument("--state-dir", type=Path, required=True, metavar="DIR")
    return 0 if is_healthy(parser.parse_args(arguments).state_dir) else 1


def _is_in_use(state_dir: Path) -> bool:
    try:
        lock = os.open(state_dir / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)


if __name__ == "__main__":
    sys.exit(main())
