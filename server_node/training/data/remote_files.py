"""Copies of files elsewhere (`https://`, `s3://`, `gs://`), kept by content; what was not used longest goes first.

They are fetched in the caller's thread, part by part, so that a stop is obeyed between parts.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from server_node.training.data.remote_source import Found, RemoteSource, StoreOf, obstore_of
from server_node.training.stopping import ShouldStop, stop_here
from shared.atomic_file import atomic_writer
from shared.errors import BadData, MachineFailure

SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """A file that was elsewhere: where it is now, the SHA-256 of its content, and its name there."""

    path: Path
    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class RemoteFiles:
    """The copies that a node keeps; may be used from any thread.

    Attributes:
        folder: where they are; made when the first is fetched.
        limit_bytes: what all of them may take; a larger file is refused.
        store_of: opens what a URL names.
    """

    folder: Path
    limit_bytes: int
    store_of: StoreOf = obstore_of

    def fetch(self, url: str, should_stop: ShouldStop) -> LocalCopy:
        """Give a copy of a file as it is now, fetching it when it is not here.

        Raises:
            BadData: when it is not there, may not be read, or is larger than everything kept may be.
            MachineFailure: when the network or the other side fails.
            TrainingStopped: when asked to stop on the way.
        """
        source = RemoteSource(url, self.store_of)
        found = source.look()
        if found.size_bytes > self.limit_bytes:
            raise BadData(
                f"{url}: expected at most {self.limit_bytes:,} bytes, what this node keeps of files elsewhere, "
                f"got {found.size_bytes:,}",
                field="dataset",
            )
        sha256 = self._known(url, found) or self._fetched(source, found, should_stop)
        path = self.folder / sha256
        os.utime(path)
        self._shrink(keep=path)
        return LocalCopy(path, sha256, source.name)

    def _known(self, url: str, found: Found) -> str | None:
        try:
            noted = json.loads(self._note(url).read_text(encoding="utf-8"))
            sha256 = str(noted["sha256"])
            return sha256 if noted["version"] == found.version and (self.folder / sha256).is_file() else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _fetched(self, source: RemoteSource, found: Found, should_stop: ShouldStop) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with TemporaryDirectory(dir=self.folder, prefix=".fetching-") as inner:
            whole = Path(inner) / "whole"
            with whole.open("xb") as file:
                for part in _until_stopped(source.parts(found.size_bytes), should_stop):
                    file.write(part)
                    digest.update(part)
            if whole.stat().st_size != found.size_bytes or source.look() != found:
                raise MachineFailure(f"{source.url} changed while it was being fetched")
            whole.replace(self.folder / digest.hexdigest())
        self._remember(source.url, found, digest.hexdigest())
        return digest.hexdigest()

    def _remember(self, url: str, found: Found, sha256: str) -> None:
        with atomic_writer(self._note(url)) as file:
            file.write(json.dumps({"url": url, "version": found.version, "sha256": sha256}).encode())

    def _note(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()}.json"

    def _shrink(self, keep: Path) -> None:
        stats = {file: file.stat() for file in self.folder.iterdir() if len(file.name) == SHA256_DIGITS}
        total = sum(stat.st_size for stat in stats.values())
        for file in sorted(stats, key=lambda file: stats[file].st_mtime_ns):
            if total <= self.limit_bytes:
                return
            if file != keep:
                file.unlink(missing_ok=True)
                total -= stats[file].st_size


def _until_stopped(parts: Iterator[bytes], should_stop: ShouldStop) -> Iterator[bytes]:
    for part in parts:
        stop_here(should_stop)
        yield part
