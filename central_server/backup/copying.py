"""Copies one file so that the copy is whole or not there: written aside, checked, synced, and only then named."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from shared.errors import BadData

_PIECE_BYTES = 1 << 20


def copy_artifact(source: Path, target: Path) -> None:
    """Copy an artifact, whose name is its SHA-256; one that is there already with the same size is left.

    Raises:
        FileNotFoundError: the source is not there.
        BadData: its content is not what its name says.
    """
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return
    aside = aside_of(target)
    digest = hashlib.sha256()
    with source.open("rb") as reading:
        target.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as writing:
            while piece := reading.read(_PIECE_BYTES):
                digest.update(piece)
                writing.write(piece)
            writing.flush()
            os.fsync(writing.fileno())
    if digest.hexdigest() != source.name:
        aside.unlink()
        raise BadData(f"{source} is damaged: its content has the SHA-256 {digest.hexdigest()}; put a whole copy there")
    name_it(aside, target)


def aside_of(target: Path) -> Path:
    """Return where a file is written before it has its name."""
    return target.with_name(target.name + ".partial")


def name_it(aside: Path, target: Path) -> None:
    """Give a whole file its name, durably."""
    aside.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
