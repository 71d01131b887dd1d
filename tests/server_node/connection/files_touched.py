"""Which files a thread opens, moves or removes, as the interpreter itself tells it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_EVENTS = {"open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.utime", "os.listdir", "os.scandir"}
_watched: list[tuple[int, str, list[str]]] = []


@contextmanager
def files_touched_in_this_thread(folder: Path) -> Iterator[list[str]]:
    """Collect what this thread does to files below a folder, while the `with` lasts."""
    _listen_once()
    touched: list[str] = []
    watched = (threading.get_ident(), str(folder), touched)
    _watched.append(watched)
    try:
        yield touched
    finally:
        _watched.remove(watched)


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if not _watched or event not in _EVENTS:
        return
    for thread, folder, touched in _watched:
        if threading.get_ident() == thread and str(arguments[0]).startswith(folder):
            touched.append(f"{event} {arguments[0]}")


_is_listening: list[bool] = []


def _listen_once() -> None:
    """A hook cannot be taken away again."""
    if not _is_listening:
        _is_listening.append(True)
        sys.addaudithook(_hear)
