"""Artifacts in an object store, each under its SHA-256, so that several servers on several machines have the same ones.

An upload is staged on this machine's disk, checked against its hash, and put by one conditional request, or in parts
when it is large: no reader ever finds half an artifact. An object cannot be touched; that somebody asked for it is
noted in an empty object, `asked/SHA256`, once in a while, and what this process itself was asked it also remembers.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from central_server.artifacts.bucket import Bucket, Found
from central_server.artifacts.content_names import check_sha256, is_sha256, path_below_root
from central_server.artifacts.read_ahead import ReadAhead
from central_server.artifacts.upload_staging import UploadStaging
from central_server.structured_logging import log_event
from shared.clock import Clock
from shared.errors import MachineFailure, NotFound

NOTE_AGAIN_SECONDS = 60.0
"""So seldom is it noted in the store that an artifact was asked for; far below what decides over unused ones."""
_REMEMBERED = 100_000
_ASKED = "asked/"

_Value = TypeVar("_Value")

_logger = logging.getLogger(__name__)


class ObjectArtifacts:
    """Files by content below one URL of an object store. One event loop calls its methods."""

    def __init__(self, bucket: Bucket, staging: Path, *, most_bytes: int, clock: Clock) -> None:
        self._bucket = bucket
        self._staging_directory = staging
        self._staging = UploadStaging(staging, most_bytes=most_bytes)
        self._clock = clock
        self._read_ahead = ReadAhead(self._read_range)
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._asked: OrderedDict[str, float] = OrderedDict()
        self._noted: OrderedDict[str, float] = OrderedDict()
        self._holds: Counter[str] = Counter()
        self._removing: dict[str, asyncio.Event] = {}
        self.released: dict[str, None] = {}
        """What may be removed, the longest waiting first; the sweep takes from it."""

    def open(self) -> None:
        """Make the folder for uploads, and see that the store can be written. Blocks.

        Raises:
            InvalidField: it cannot be, for want of a bucket or of credentials.
            MachineFailure: it cannot be reached.
        """
        self._staging.open()
        self._bucket.check_access()

    def release(self, sha256s: frozenset[str]) -> None:
        """Let these be removed some time later, unless a job refers to them by then."""
        self.released.update(dict.fromkeys(sorted(sha256s)))

    async def has(self, sha256: str) -> bool:
        """Tell whether an artifact is complete; asking keeps it from being swept for a while.

        Raises:
            MachineFailure: the store cannot be asked now.
        """
        key = path_below_root(sha256)
        await self._ask_for(sha256)
        if (found := await self._bucket.find(key)) is None:
            return False
        _remember(self._sizes, sha256, found.size_bytes)
        await self._note_asked(sha256)
        return True

    @contextmanager
    def held(self, sha256s: Collection[str]) -> Iterator[None]:
        """Keep these from being removed until the block ends, and for a while from then on.

        Raises:
            InvalidField: one of them is no SHA-256.
        """
        for sha256 in sha256s:
            check_sha256(sha256)
        self._holds.update(sha256s)
        try:
            yield
        finally:
            for sha256 in sha256s:
                _remember(self._asked, sha256, self._unix_seconds())
            self._holds = self._holds - Counter(sha256s)

    async def size(self, sha256: str) -> int:
        """Return a complete artifact's bytes.

        Raises:
            NotFound: it is not here.
            MachineFailure: the store cannot be asked now.
        """
        key = path_below_root(sha256)
        if (known := self._sizes.get(sha256)) is not None:
            return known
        if (found := await self._bucket.find(key)) is None:
            raise _not_found(sha256)
        _remember(self._sizes, sha256, found.size_bytes)
        return found.size_bytes

    async def partial_size(self, sha256: str) -> int:
        """Return how many bytes of an unfinished upload are on this machine."""
        return await self._staging.size(sha256)

    async def read(self, sha256: str, offset: int, length: int) -> bytes:
        """Return a piece of a complete artifact.

        Raises:
            NotFound: it is not here.
            MachineFailure: the store cannot be asked now.
        """
        return await self._read_ahead.read(sha256, offset, length, await self.size(sha256))

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
        """Check an upload and put it into the store; where that fails, what was uploaded stays for another try.

        Raises:
            WrongState: a later upload took over.
            InvalidField: the data has another hash; what was uploaded is dropped.
            MachineFailure: the disk or the store fails.
        """
        aside = self._staging_directory / f"{sha256}.{os.urandom(4).hex()}"  # where no later upload appends to it
        await self._staging.publish(sha256, token, lambda partial: partial.rename(aside))
        try:
            await self._put(sha256, aside)
        except MachineFailure:
            await asyncio.to_thread(aside.replace, aside.with_name(sha256))
            raise
        await asyncio.to_thread(aside.unlink, missing_ok=True)

    def end_upload(self, sha256: str, token: object) -> None:
        """Forget an upload that is over; its bytes stay for a later one."""
        self._staging.end(sha256, token)

    async def put(self, data: bytes) -> str:
        """Keep `data` and return its SHA-256.

        Raises:
            MachineFailure: the store does not take it now.
        """
        sha256 = (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
        if not await self.has(sha256):
            await self._put(sha256, data)
        return sha256

    async def remove_if_older(self, sha256: str, unix_seconds: float) -> bool:
        """Remove an artifact that nobody has asked for since then; True when it is gone.

        Raises:
            MachineFailure: the store cannot be asked now.
        """
        key, note = path_below_root(sha256), await self._bucket.find(_ASKED + sha256)
        if (found := await self._bucket.find(key)) is None:
            return True
        asked = max(
            found.written_unix_seconds, note.written_unix_seconds if note else 0.0, self._asked.get(sha256, 0.0)
        )
        if sha256 in self._holds or sha256 in self._removing or asked > unix_seconds:
            return False
        # Whoever asks from here on waits until it is gone: nothing was awaited since the last look.
        self._removing[sha256] = gone = asyncio.Event()
        try:
            await self._forget(sha256, key, has_note=note is not None)
        finally:
            del self._removing[sha256]
            gone.set()
        log_event(_logger, "artifact_removed", sha256=sha256)
        return True

    async def older_than(self, unix_seconds: float) -> list[str]:
        """Return the complete artifacts that nobody has asked for since then.

        Raises:
            MachineFailure: the store cannot be asked now.
        """
        asked: dict[str, float] = dict(self._asked)
        complete: list[Found] = []
        async for found in self._bucket.all():
            if found.key.startswith(_ASKED):
                sha256 = found.key.removeprefix(_ASKED)
                asked[sha256] = max(asked.get(sha256, 0.0), found.written_unix_seconds)
            elif is_sha256(_name(found)):
                complete.append(found)
        return [
            _name(found)
            for found in complete
            if max(found.written_unix_seconds, asked.get(_name(found), 0.0)) <= unix_seconds
        ]

    async def remove_older_uploads(self, unix_seconds: float, check_office: Callable[[], None]) -> None:
        """Remove unfinished uploads that nobody went on with since then; `check_office` is asked before each."""
        await self._staging.remove_older(unix_seconds, check_office)

    async def sizes(self) -> dict[str, int]:
        """Return the bytes of each complete artifact that is not about to be removed.

        Raises:
            MachineFailure: the store cannot be asked now.
        """
        return {
            _name(found): found.size_bytes
            async for found in self._bucket.all()
            if is_sha256(_name(found)) and not found.key.startswith(_ASKED) and _name(found) not in self.released
        }

    async def _put(self, sha256: str, content: bytes | Path) -> None:
        with self.held({sha256}):  # a large one takes a while, and is as old as its first part
            await self._ask_for(sha256)
            await self._bucket.create(path_below_root(sha256), content)
            await self._note_asked(sha256)

    async def _read_range(self, sha256: str, start: int, end: int) -> bytes:
        if (data := await self._bucket.read(path_below_root(sha256), start, end)) is None:
            self._sizes.pop(sha256, None)
            raise _not_found(sha256)
        return data

    async def _ask_for(self, sha256: str) -> None:
        """Keep an artifact for a while from now on, once a removal that has begun is over."""
        _remember(self._asked, sha256, self._unix_seconds())
        if (gone := self._removing.get(sha256)) is not None:
            await gone.wait()

    async def _note_asked(self, sha256: str) -> None:
        """Tell other servers too, and this one when it starts again."""
        now = self._clock.monotonic_seconds()
        if now - self._noted.get(sha256, float("-inf")) >= NOTE_AGAIN_SECONDS:
            await self._bucket.write(_ASKED + sha256, b"")
            _remember(self._noted, sha256, now)

    async def _forget(self, sha256: str, key: str, *, has_note: bool) -> None:
        self._sizes.pop(sha256, None)
        self._noted.pop(sha256, None)
        await self._bucket.remove(key)
        if has_note:
            await self._bucket.remove(_ASKED + sha256)

    def _unix_seconds(self) -> float:
        return self._clock.unix_ms() / 1000


def _remember(memory: OrderedDict[str, _Value], sha256: str, value: _Value) -> None:
    memory[sha256] = value
    memory.move_to_end(sha256)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)


def _name(found: Found) -> str:
    return found.key.rsplit("/", 1)[-1]


def _not_found(sha256: str) -> NotFound:
    return NotFound(f"there is no artifact {sha256} on this server", field="sha256")
