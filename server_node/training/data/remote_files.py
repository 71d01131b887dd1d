"""Copies of files elsewhere (`https://`, `s3://`, `gs://`), kept by content; what was not used longest goes first.

They are fetched in the caller's thread, part by part, so that a stop is obeyed between parts.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from server_node.training.data.dataset_secrets import secret_for
from server_node.training.data.remote_source import Found, RemoteSource, Source, StoreOf, obstore_of
from server_node.training.data.web_request import WebAccess
from server_node.training.data.web_source import WebSource
from server_node.training.stopping import ShouldStop, stop_here
from shared.atomic_file import atomic_writer
from shared.errors import BadData, MachineFailure

SHA256_DIGITS = 64
UNFINISHED = ".fetching-"


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
        store_of: opens a bucket that a URL names.
        web: how a host that a URL names may be reached.
        secrets_file: what the operator keeps for files that need credentials; None for nothing.
    """

    folder: Path
    limit_bytes: int
    store_of: StoreOf = obstore_of
    web: WebAccess = field(default_factory=WebAccess)
    secrets_file: Path | None = None

    def fetch(self, url: str, should_stop: ShouldStop, secret: str = "") -> LocalCopy:
        """Give a copy of a file as it is now, fetching it when it is not here.

        What was read with a secret is given to those who name it; anybody else asks the other side without it.

        Raises:
            BadData: when it is not there, may not be read, or is larger than everything kept may be.
            MachineFailure: when the network or the other side fails.
            TrainingStopped: when asked to stop on the way.
        """
        source = self._source(url, secret)
        found = source.look()
        if found.size_bytes > self.limit_bytes:
            raise BadData(
                f"{url}: expected at most {self.limit_bytes:,} bytes, what this node keeps of files elsewhere, "
                f"got {found.size_bytes:,}",
                field="dataset",
            )
        sha256 = self._known(_kept_as(url, secret), found)
        if sha256 is None or not self._is_used_now(sha256):
            self._make_room(found.size_bytes)
            sha256 = self._fetched(source, found, should_stop, _kept_as(url, secret))
        return LocalCopy(self.folder / sha256, sha256, source.name)

    def forget_unfinished(self) -> None:
        """Remove what a process that was killed had begun to fetch; for when no other uses the folder."""
        for left in self.folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)

    def _source(self, url: str, name: str) -> Source:
        secret = secret_for(url, name, self.secrets_file) if name else None
        if url.startswith("https://"):
            return WebSource(url, self.web, secret.web_headers() if secret else None)
        if secret is None:
            return RemoteSource(url, self.store_of)
        return RemoteSource(url, partial(obstore_of, given=secret.bucket_options()))

    def _known(self, url: str, found: Found) -> str | None:
        if not found.version:
            return None  # the other side says nothing that would change with the file
        try:
            noted = json.loads(self._note(url).read_text(encoding="utf-8"))
            sha256 = str(noted["sha256"])
            return sha256 if noted["version"] == found.version and (self.folder / sha256).is_file() else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _is_used_now(self, sha256: str) -> bool:
        """Note the use of a copy, unless another thread has thrown it away meanwhile."""
        try:
            os.utime(self.folder / sha256)
        except FileNotFoundError:
            return False
        return True

    def _fetched(self, source: Source, found: Found, should_stop: ShouldStop, kept_as: str) -> str:
        digest = hashlib.sha256()
        with TemporaryDirectory(dir=self.folder, prefix=UNFINISHED) as inner:
            whole = Path(inner) / "whole"
            with whole.open("xb") as file:
                for part in _until_stopped(source.parts(found.size_bytes), should_stop):
                    file.write(part)
                    digest.update(part)
            if whole.stat().st_size != found.size_bytes or source.look() != found:
                raise MachineFailure(f"{source.url} changed while it was being fetched")
            whole.replace(self.folder / digest.hexdigest())
        self._remember(kept_as, found, digest.hexdigest())
        return digest.hexdigest()

    def _remember(self, url: str, found: Found, sha256: str) -> None:
        with atomic_writer(self._note(url)) as file:
            file.write(json.dumps({"url": url, "version": found.version, "sha256": sha256}).encode())

    def _note(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()}.json"

    def _make_room(self, coming_bytes: int) -> None:
        """Throw away what was not used longest, until what comes fits beside the rest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        copies = sorted(self._copies(), key=lambda copy: copy[1].st_mtime_ns)
        total = coming_bytes + sum(stat.st_size for _, stat in copies)
        for file, stat in copies:
            if total <= self.limit_bytes:
                return
            file.unlink(missing_ok=True)
            total -= stat.st_size

    def _copies(self) -> Iterator[tuple[Path, os.stat_result]]:
        for file in self.folder.iterdir():
            if len(file.name) == SHA256_DIGITS:
                with suppress(FileNotFoundError):  # another thread makes room too
                    yield file, file.stat()


def _kept_as(url: str, secret: str) -> str:
    return f"{url} {secret}" if secret else url


def _until_stopped(parts: Iterator[bytes], should_stop: ShouldStop) -> Iterator[bytes]:
    for part in parts:
        stop_here(should_stop)
        yield part
