"""Checks the folder where a cluster keeps its state: whether it can be written, and how much fits."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cyxwiz.cli.checkup.finding import Finding, Level
from cyxwiz.cli.words import bytes_in_words

_GIB = 1024**3
_ENOUGH_BYTES = 5 * _GIB
_LEAST_BYTES = _GIB // 2


@dataclass(frozen=True, slots=True)
class FoundFolder:
    """Where state is kept.

    Attributes:
        path: the folder.
        free_bytes: what its disk still takes.
        trouble: why nothing can be written there; empty when it can.
    """

    path: Path
    free_bytes: int
    trouble: str = ""


def ask_folder(path: Path) -> FoundFolder:
    """Write a file there and remove it again, or where the folder would be made when it is not there."""
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    free_bytes = shutil.disk_usage(there).free
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".cyxwiz-doctor-") as file:
            file.write(b"x")
    except OSError as failure:
        return FoundFolder(path, free_bytes, trouble=failure.strerror or str(failure))
    return FoundFolder(path, free_bytes)


def check_folder(folder: FoundFolder) -> Finding:
    """Judge whether a cluster could keep its state there."""
    if folder.trouble:
        advice = "make it yours, or choose another: cyxwiz up --state-dir DIR"
        return Finding("disk", Level.FAIL, f"{folder.path} cannot be written: {folder.trouble}", advice)
    found = f"{folder.path} can be written, {bytes_in_words(folder.free_bytes)} free"
    if folder.free_bytes >= _ENOUGH_BYTES:
        return Finding("disk", Level.OK, found)
    advice = "make room, or choose a larger disk: cyxwiz up --state-dir DIR"
    return Finding("disk", Level.FAIL if folder.free_bytes < _LEAST_BYTES else Level.WARN, found, advice)
