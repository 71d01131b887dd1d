"""Artifacts in a directory, each under its SHA-256: written aside, synced, checked, and only then given its name.

An upload goes on where an earlier one stopped. What no job refers to any more is removed a little later, so that
somebody who has just been told "it is here" still finds it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from central_server.structured_logging import log_event
from shared.errors import InvalidField, MachineFailure, NotFound, TooLarge, WrongState

_SHA256 = re.compile("[0-9a-f]{64}")
_HASH_PIECE_BYTES = 1 << 20

_logger = logging.getLogger(__name__)


def check_sha256(sha256: str) -> str:
    """Return `sha256`; it becomes the name of a file.

    Raises:
        InvalidField: it is not 64 lower-case hex digits.
    """
    if _SHA256.fullmatch(sha256) is None:
        raise InvalidField(f"sha256 must be 64 lower-case hex digits, got {sha256[:80]!r}", field="sha256")
    return sha256


class LocalArtifacts:
    """Files by content under one directory. Its methods wait in threads; one event loop calls them."""

    def __init__(self, directory: Path, *, most_bytes: int) -> None:
        self._directory = directory
        self._partial = directory / "partial"
        self._most_bytes = most_bytes
        self._uploads: dict[str, object] = {}
        self._holds: Counter[str] = Counter()
        self._guard = threading.Lock()
        self.released: dict[str, None] = {}
        """What may be removed, the longest waiting first; `sweep` takes from it."""

    def open(self) -> None:
        """Make the directories."""
        self._partial.mkdir(parents=True, exist_ok=True)

    def release(self, sha256s: frozenset[str]) -> None:
        """Let these be removed some time later, unless a job refers to them by then."""
        self.released.update(dict.fromkeys(sorted(sha256s)))

    def path(self, sha256: str) -> Path:
        """Return where a complete artifact lies."""
        return self._directory / sha256[:2] / check_sha256(sha256)

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
        return await asyncio.to_thread(_size_or_zero, self._partial / check_sha256(sha256))

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
        check_sha256(sha256)
        if size_bytes < 0:
            raise InvalidField(f"size_bytes must be >= 0, got {size_bytes}", field="size_bytes")
        if size_bytes > self._most_bytes:
            raise TooLarge(f"an artifact may have {self._most_bytes} bytes, got {size_bytes}", field="size_bytes")
        self._uploads[sha256] = token = object()
        return token

    async def append(self, sha256: str, token: object, offset: int, data: bytes) -> None:
        """Add a piece to an upload.

        Raises:
            WrongState: a later upload of the same artifact took over, or the piece does not begin where the copy ends.
        """
        if self._uploads.get(sha256) is not token:
            raise WrongState("another upload of the same artifact took over; ask GetUpload where it stands")
        try:
            await asyncio.to_thread(_append_piece, self._partial / sha256, offset, data)
        except OSError as failure:
            raise MachineFailure(f"the server could not keep the data: {failure.strerror}; try again later") from None

    async def finish_upload(self, sha256: str, token: object) -> None:
        """Check an upload and give it its name.

        Raises:
            WrongState: a later upload took over.
            InvalidField: the data has another hash; what was uploaded is dropped.
        """
        if self._uploads.get(sha256) is not token:
            raise WrongState("another upload of the same artifact took over; ask GetUpload where it stands")
        try:
            await asyncio.to_thread(_check_and_publish, self._partial / sha256, self.path(sha256))
        except OSError as failure:
            raise MachineFailure(f"the server could not keep the data: {failure.strerror}; try again later") from None
        finally:
            self.end_upload(sha256, token)

    def end_upload(self, sha256: str, token: object) -> None:
        """Forget an upload that is over; its bytes stay for a later one."""
        if self._uploads.get(sha256) is token:
            del self._uploads[sha256]

    async def put(self, data: bytes) -> str:
        """Keep `data` and return its SHA-256."""
        sha256 = (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
        if not await self.has(sha256):
            token = self.begin_upload(sha256, len(data))
            await asyncio.to_thread((self._partial / sha256).unlink, missing_ok=True)
            await self.append(sha256, token, 0, data)
            await self.finish_upload(sha256, token)
        return sha256

    def remove_if_older(self, sha256: str, unix_seconds: float) -> bool:
        """Remove an artifact that nobody has asked for since then; True when it is gone. Blocks."""
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

    def complete_and_partial(self) -> tuple[list[str], list[Path]]:
        """Return the hashes of complete artifacts and the files of unfinished uploads. Blocks."""
        complete = [path.name for path in self._directory.glob("??/*") if _SHA256.fullmatch(path.name)]
        return complete, list(self._partial.iterdir())

    async def sizes(self) -> dict[str, int]:
        """Return the bytes of each complete artifact that is not about to be removed."""
        sizes = await asyncio.to_thread(self._all_sizes)
        return {sha256: size for sha256, size in sizes.items() if sha256 not in self.released}

    def _all_sizes(self) -> dict[str, int]:
        complete, _ = self.complete_and_partial()
        return {sha256: _size_or_zero(self.path(sha256)) for sha256 in complete}

    def _touch(self, path: Path) -> bool:
        try:
            with self._guard:
                os.utime(path)
        except FileNotFoundError:
            return False
        return True


def _size_or_zero(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _read_piece(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def _append_piece(path: Path, offset: int, data: bytes) -> None:
    with path.open("ab") as file:
        present = file.tell()
        if offset != present:
            raise WrongState(f"offset must be {present}, where the server's copy ends, got {offset}", field="offset")
        file.write(data)


def _check_and_publish(partial: Path, final: Path) -> None:
    with partial.open("ab") as file:
        os.fsync(file.fileno())
    digest = hashlib.sha256()
    with partial.open("rb") as file:
        while piece := file.read(_HASH_PIECE_BYTES):
            digest.update(piece)
    if digest.hexdigest() != final.name:
        partial.unlink()
        raise InvalidField(
            f"sha256 is said to be {final.name}, but the data has {digest.hexdigest()}; upload it again", field="sha256"
        )
    final.parent.mkdir(exist_ok=True)
    partial.replace(final)
    _sync_directory(final.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
