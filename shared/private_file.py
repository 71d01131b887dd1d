"""Files that appear whole, for their owner alone or for everybody to read; folders above them are made when missing."""

from __future__ import annotations

from pathlib import Path

from shared.atomic_file import atomic_writer
from shared.errors import InvalidField

_PRIVATE = 0o600
_PUBLIC = 0o644
_PRIVATE_FOLDER = 0o700


def write_private(path: Path, content: bytes) -> None:
    """Write what only its owner may read.

    Raises:
        InvalidField: it cannot be written there.
    """
    _write(path, content, _PRIVATE)


def write_public(path: Path, content: bytes) -> None:
    """Write what everybody may read.

    Raises:
        InvalidField: it cannot be written there.
    """
    _write(path, content, _PUBLIC)


def _write(path: Path, content: bytes, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        with atomic_writer(path, mode=mode) as file:
            file.write(content)
    except OSError as refusal:
        raise InvalidField(f"{path} cannot be written: {refusal.strerror}") from None
