"""The files that were fetched from the central server, kept by content up to a size; the least recently used go first.

What an attempt holds stays, even where all that is held is more than the limit. Times of use are the files' own, so
that they outlast the process.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from shared.errors import BadData
from shared.identifiers import AttemptKey
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)
UNFINISHED, REMOVED = ".part", ".removed"


class KeptArtifacts:
    """Thread-safe. All but `hold` and `path` touch the disk.

    Args:
        folder: where they lie, each named by its SHA-256; made when the first is fetched.
        limit_bytes: what all of them may take.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._held: dict[AttemptKey, set[str]] = {}

    def path(self, sha256: str) -> Path:
        """Return where an artifact lies, or will."""
        return self._folder / sha256

    def hold(self, sha256: str, holder: AttemptKey) -> None:
        """Keep an artifact, here or yet to come, until `holder` lets go of all that it holds."""
        with self._lock:
            self._held.setdefault(holder, set()).add(sha256)

    def let_go(self, holder: AttemptKey) -> None:
        """Keep what an attempt held only as long as there is room."""
        with self._lock:
            held = self._held.pop(holder, set())
        for sha256 in held:
            self.use(sha256)
        self.make_room()

    def use(self, sha256: str) -> bool:
        """Note that an artifact is used now; False when it is not here."""
        try:
            os.utime(self.path(sha256))
        except FileNotFoundError:
            return False
        return True

    def expect(self, sha256: str, size_bytes: int) -> None:
        """Make room for an artifact of that size in bytes.

        Raises:
            BadData: it alone is more than all may be.
        """
        if size_bytes > self._limit_bytes:
            raise BadData(
                f"the artifact sha256:{sha256} must be at most {self._limit_bytes:,} bytes, what this node keeps of "
                f"uploaded files, got {size_bytes:,}; the node's operator may raise --artifact-disk-gib"
            )
        self.make_room_for(sha256, size_bytes)

    def make_room_for(self, sha256: str, size_bytes: int) -> None:
        """Make room for an artifact, of which a part may be here."""
        part = self._folder / f"{sha256}{UNFINISHED}"
        self.make_room(coming_bytes=max(0, size_bytes - (part.stat().st_size if part.exists() else 0)))

    def make_room(self, *, coming_bytes: int = 0) -> None:
        """Remove what was not used longest and nobody holds, until the rest and what comes are within the limit."""
        files = sorted(self._files(), key=lambda file: file[1].st_mtime_ns)
        total = coming_bytes + sum(stat.st_size for _, stat in files)
        for path, stat in files:
            if total <= self._limit_bytes:
                return
            if self._removed(path):
                total -= stat.st_size
        if total > self._limit_bytes:
            log_event(
                _LOG,
                "artifacts_over_limit",
                is_warning=True,
                bytes=total,
                limit=self._limit_bytes,
                note="all of it is in use",
            )

    def forget_unfinished(self) -> None:
        """Remove what a process that was killed was fetching; for when no other uses the folder."""
        for left in [*self._folder.glob(f"*{UNFINISHED}"), *self._folder.glob(f"*{REMOVED}")]:
            left.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        with suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                with suppress(FileNotFoundError):  # removed, or in its place, meanwhile
                    yield path, path.stat()

    def _removed(self, path: Path) -> bool:
        sha256 = path.name.removesuffix(UNFINISHED)
        removed = path.with_name(path.name + REMOVED)
        with self._lock:  # so that nobody begins to hold what is being removed
            if any(sha256 in held for held in self._held.values()):
                return False
            with suppress(FileNotFoundError):  # another thread was first
                path.replace(removed)
        removed.unlink(missing_ok=True)
        log_event(_LOG, "artifact_forgotten", file=path.name)
        return True
