"""Uploads before they are artifacts: one local file each, appended to, synced, and checked against its hash.

A later upload of the same artifact, perhaps after its client died, goes on with the file. Nothing here is ever served.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from central_server.artifacts.content_names import check_sha256
from shared.errors import InvalidField, MachineFailure, TooLarge, WrongState

_HASH_PIECE_BYTES = 1 << 20


class UploadStaging:
    """The files of unfinished uploads in one directory. Its methods wait in threads; one event loop calls them."""

    def __init__(self, directory: Path, *, most_bytes: int) -> None:
        self._directory = directory
        self._most_bytes = most_bytes
        self._uploads: dict[str, object] = {}

    def open(self) -> None:
        """Make the directory."""
        self._directory.mkdir(parents=True, exist_ok=True)

    async def size(self, sha256: str) -> int:
        """Return how many bytes of an upload are here."""
        return await asyncio.to_thread(_size_or_zero, self._directory / check_sha256(sha256))

    def begin(self, sha256: str, size_bytes: int) -> object:
        """Return the token of an upload; an earlier upload of the same artifact ends.

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
            MachineFailure: the disk does not take it.
        """
        self._check_token(sha256, token)
        try:
            await asyncio.to_thread(_append_piece, self._directory / sha256, offset, data)
        except OSError as failure:
            raise _not_kept(failure) from None

    async def publish(self, sha256: str, token: object, publish: Callable[[Path], object]) -> None:
        """Sync and check an upload and hand its file to `publish`, in a thread; the upload is over, whatever happens.

        Raises:
            WrongState: a later upload took over.
            InvalidField: the data has another hash; what was uploaded is dropped.
            MachineFailure: the disk fails.
        """
        self._check_token(sha256, token)
        try:
            await asyncio.to_thread(_check_and_publish, self._directory / sha256, publish)
        except OSError as failure:
            raise _not_kept(failure) from None
        finally:
            self.end(sha256, token)

    def end(self, sha256: str, token: object) -> None:
        """Forget an upload that is over; its bytes stay for a later one."""
        if self._uploads.get(sha256) is token:
            del self._uploads[sha256]

    async def drop(self, sha256: str) -> None:
        """Remove what is here of an upload."""
        await asyncio.to_thread((self._directory / sha256).unlink, missing_ok=True)

    async def remove_older(self, unix_seconds: float, check_office: Callable[[], None]) -> None:
        """Remove uploads that nobody went on with since then; `check_office` is asked before each."""
        await asyncio.to_thread(self._remove_older, unix_seconds, check_office)

    def _remove_older(self, unix_seconds: float, check_office: Callable[[], None]) -> None:
        for path in list(self._directory.iterdir()):
            check_office()
            with contextlib.suppress(FileNotFoundError):  # finished meanwhile
                if path.stat().st_mtime < unix_seconds:
                    path.unlink()

    def _check_token(self, sha256: str, token: object) -> None:
        if self._uploads.get(sha256) is not token:
            raise WrongState("another upload of the same artifact took over; ask GetUpload where it stands")


def _size_or_zero(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _append_piece(path: Path, offset: int, data: bytes) -> None:
    with path.open("ab") as file:
        present = file.tell()
        if offset != present:
            raise WrongState(f"offset must be {present}, where the server's copy ends, got {offset}", field="offset")
        file.write(data)


def _check_and_publish(path: Path, publish: Callable[[Path], object]) -> None:
    with path.open("ab") as file:
        os.fsync(file.fileno())
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASH_PIECE_BYTES):
            digest.update(piece)
    if digest.hexdigest() != path.name:
        path.unlink()
        raise InvalidField(
            f"sha256 is said to be {path.name}, but the data has {digest.hexdigest()}; upload it again", field="sha256"
        )
    publish(path)


def _not_kept(failure: OSError) -> MachineFailure:
    return MachineFailure(f"the server could not keep the data: {failure.strerror}; try again later")
