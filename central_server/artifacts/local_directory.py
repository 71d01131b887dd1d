"""Artifacts in a directory, each under its SHA-256: written aside, synced, checked, and only then given its name.

An upload goes on where an earlier one stopped. What no job refers to any more is removed a little later, so that
somebody who has just been told "it is here" still finds it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from central_server.artifacts.content_names import is_sha256, path_below_root
from central_server.artifacts.upload_staging import UploadStaging
from central_server.structured_logging import log_event
from shared.errors import NotFound

_logger = logging.getLogger(__name__)


class LocalArtifacts:
    """Files by content under one directory. Its methods wait in threads; one event loop calls them."""

    def __init__(self, directory: Path, *, most_bytes: int) -> None:
        self._directory = directory
        self._staging = UploadStaging(directory / "partial", most_bytes=most_bytes)
        self._holds: Counter[str] = Counter()
        self._guard = threading.Lock()
        self.released: dict[str, None] = {}
        """What may be removed, the longest waiting first; the sweep takes from it."""

    def open(self) -> None:
        """Make the directories."""
        self._staging.open()

    def release(self, sha256s: frozenset[str]) -> None:
        """Let these be removed some time later, unless a job refers to them by then."""
        self.released.update(dict.fromkeys(sorted(sha256s)))

    def path(self, sha256: str) -> Path:
        """Return where a complete artifact lies."""
        return self._directory / path_below_root(sha256)

    async def has(self, sha256: str) -> bool:
        """Tell whether an artifact is complete; asking keeps it from being swept for a while."""
        return await asyncio.to_thread(self._touch, self.path(sha256))

    @contextmanager
    def held(self, sha256s: Collection[str]) -> Iterator[None]:
        """Keep these from being removed until the block ends, and for a while from then on.

        Whoever is about to make something refer to an artifact asks for it and is answered within one such block,
        however long the store takes.

        Raises:
            InvalidField: one of them is no SHA-256.
        """
        paths = [self.path(sha256) for sha256 in sha256s]
        self._holds.update(sha256s)
        try:
            yield
        finally:
            for path in paths:
                self._touch(path)
            self._holds = self._holds - Counter(sha256s)

    async def size(self, sha256: str) -> int:
        """Return a complete artifact's bytes.

        Raises:
            NotFound: it is not here.
        """
        try:
            return (await asyncio.to_thread(self.path(sha256).stat)).st_size
        except FileNotFoundError:
            raise NotFound(f"there is no artifact {sha256} on this server", field="sha256") from None

    async def partial_size(self, sha256: str) -> int:
        """Return how many bytes of an unfinished upload are here."""
        return await self._staging.size(sha256)

    async def read(self, sha256: str, offset: int, length: int) -> bytes:
        """Return a piece of a complete artifact.

        Raises:
            NotFound: it is not here.
        """
        try:
            return await asyncio.to_thread(_read_piece, self.path(sha256), offset, length)
        except FileNotFoundError:
            raise NotFound(f"there is no artifact {sha256} on this server", field="sha256") from None

    def begin_upload(self, sha256: str, size_bytes: int) -> object:
        """Return the token of an upload; an earlier upload of the same artifact, perhaps of a dead client, ends.

        Raises:
            InvalidField: the hash or the size cannot be.
            TooLarge: it is over the limit.
        """
        return self._staging.begin(sha256, size_bytes)

    async def append(self, sha256: str, token: object, offset: int, data: bytes) -> None:
        """Add a piece to an upload.

        Raises:
            WrongState: a later upload of the same artifact took over, or the piece does not begin where the copy ends.
        """
        await self._staging.append(sha256, token, offset, data)

    async def finish_upload(self, sha256: str, token: object) -> None:
        """Check an upload and give it its name.

        Raises:
            WrongState: a later upload took over.
            InvalidField: the data has another hash; what was uploaded is dropped.
        """
        await self._staging.publish(sha256, token, lambda partial: _publish(partial, self.path(sha256)))

    def end_upload(self, sha256: str, token: object) -> None:
        """Forget an upload that is over; its bytes stay for a later one."""
        self._staging.end(sha256, token)

    async def put(self, data: bytes) -> str:
        """Keep `data` and return its SHA-256."""
        sha256 = (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
        if not await self.has(sha256):
            token = self.begin_upload(sha256, len(data))
            await self._staging.drop(sha256)
            await self.append(sha256, token, 0, data)
            await self.finish_upload(sha256, token)
        return sha256

    async def remove_if_older(self, sha256: str, unix_seconds: float) -> bool:
        """Remove an artifact that nobody has asked for since then; True when it is gone."""
        return await asyncio.to_thread(self._remove_if_older, sha256, unix_seconds)

    async def older_than(self, unix_seconds: float) -> list[str]:
        """Return the complete artifacts that nobody has asked for since then."""
        times = await asyncio.to_thread(self._times)
        return [sha256 for sha256, asked_unix_seconds in times.items() if asked_unix_seconds <= unix_seconds]

    async def remove_older_uploads(self, unix_seconds: float, check_office: Callable[[], None]) -> None:
        """Remove unfinished uploads that nobody went on with since then; `check_office` is asked before each."""
        await self._staging.remove_older(unix_seconds, check_office)

    async def sizes(self) -> dict[str, int]:
        """Return the bytes of each complete artifact that is not about to be removed."""
        sizes = await asyncio.to_thread(self._sizes)
        return {sha256: size for sha256, size in sizes.items() if sha256 not in self.released}

    def _remove_if_older(self, sha256: str, unix_seconds: float) -> bool:
        path = self.path(sha256)
        try:
            with self._guard:
                if sha256 in self._holds or path.stat().st_mtime > unix_seconds:
                    return False
                path.unlink()
        except FileNotFoundError:
            return True
        log_event(_logger, "artifact_removed", sha256=sha256)
        return True

    def _times(self) -> dict[str, float]:
        return {name: found.st_mtime for name, found in self._complete()}

    def _sizes(self) -> dict[str, int]:
        return {name: found.st_size for name, found in self._complete()}

    def _complete(self) -> Iterator[tuple[str, os.stat_result]]:
        for path in self._directory.glob("??/*"):
            if is_sha256(path.name):
                try:
                    yield path.name, path.stat()
                except FileNotFoundError:
                    continue  # removed meanwhile

    def _touch(self, path: Path) -> bool:
        try:
            with self._guard:
                os.utime(path)
        except FileNotFoundError:
            return False
        return True


def _read_piece(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def _publish(partial: Path, final: Path) -> None:
    final.parent.mkdir(exist_ok=True)
    partial.replace(final)
    _sync_directory(final.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
