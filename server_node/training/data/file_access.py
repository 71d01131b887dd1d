"""Which local file a dataset URI may mean: only what lies inside a data root, once links and `..` are resolved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from shared.errors import BadData


def allowed_path(path: str, data_roots: Sequence[Path]) -> Path:
    """Resolve a path of a `file://` URI, absolute or relative to a data root.

    Raises:
        BadData: when there is no data root, the path leads outside all of them, or nothing is there.
    """
    if not data_roots:
        raise _refusal(f"file://{path[:200]} is refused: this node has no data root; start it with --data-root DIR")
    roots = [root.resolve() for root in data_roots]
    candidates = [_resolved(root / path, path) for root in roots]
    inside = [found for found in candidates if any(found.is_relative_to(root) for root in roots)]
    if not inside:
        raise _refusal(f"file://{path[:200]} is refused: it leads outside the data roots of this node")
    for found in inside:
        if _is_there(found, path):
            return found
    raise _refusal(f"{path[:200]}: expected a file or folder inside a data root of this node, found nothing there")


def beside(folder: Path, file_name: str, name: str) -> Path:
    """Resolve a file of a folder that may be read; a link may not lead out of the folder.

    Args:
        folder: resolved, as it was when it was allowed.
        file_name: below it.
        name: what messages call the file.

    Raises:
        BadData: when it does, or nothing is there.
    """
    found = _resolved(folder / file_name, name)
    if not found.is_relative_to(folder):
        raise _refusal(f"{name}: expected a file in its folder, got one that leads out of it")
    if not found.is_file():
        raise _refusal(f"{name}: expected a file beside it, found none")
    return found


def file_stamp(path: Path) -> str:
    """Give a text that changes when the file, or a file in the folder, is written anew."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = [(str(file.relative_to(path)), file.stat()) for file in files if file.is_file()]
    text = ";".join(f"{name}:{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats)
    return hashlib.sha256(text.encode()).hexdigest()


def _resolved(path: Path, name: str) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # until Python 3.13 links that go round in circles are a RuntimeError
        raise _refusal(f"{name[:200]}: expected a path without links that go round in circles") from error


def _is_there(path: Path, name: str) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise _refusal(f"{name[:200]}: expected a path that can be looked at, got {error.strerror}") from error


def _refusal(sentence: str) -> BadData:
    return BadData(sentence, field="dataset")
