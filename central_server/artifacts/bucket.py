"""One prefix of an object store (S3 and compatible, GCS, Azure): its few requests, with its failures told as ours.

It knows keys and bytes, and nothing of artifacts. Credentials and endpoints come from the environment, by the names
that the clouds' own tools use; nothing of them is ever part of a message.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidField, MachineFailure, NotSupported

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SINGLE_PUT_BYTES = 16 * 2**20
"""What is larger goes in parts, which no store can make conditional."""
_PART_BYTES = 16 * 2**20  # S3 takes 10,000 parts: 160 GiB
_PARTS_AT_ONCE = 4
_LISTED_AT_ONCE = 1_000
_CLIENT_OPTIONS: Any = {"timeout": "60s", "connect_timeout": "5s"}
_RETRIES: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
_ALLOW_PLAIN = "AWS_ALLOW_HTTP"
_LONGEST_CAUSE = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What the store says of an object.

    Attributes:
        key: its name below the prefix.
        size_bytes: how many bytes it has.
        written_unix_seconds: when it was written, by the store's clock.
    """

    key: str
    size_bytes: int
    written_unix_seconds: float


class Bucket:
    """The objects below one URL; opening it asks nobody anything yet.

    Raises:
        NotSupported: the library is not installed.
        InvalidField: the URL is none that it knows, or the environment lacks what the store needs.
    """

    def __init__(self, url: str) -> None:
        try:
            import obstore  # noqa: PLC0415  # an extra: only who keeps artifacts in an object store needs it
            from obstore import exceptions  # noqa: PLC0415  # the same
            from obstore.store import from_url  # noqa: PLC0415  # the same
        except ImportError:
            raise NotSupported(
                f"artifacts at {url} need the library obstore: pip install 'cyxwiz[object-storage]'", field="artifacts"
            ) from None
        self.url = url
        self._library = obstore
        self._errors = exceptions
        # The library takes the variable for the S3 client only where no other options are given.
        is_plain = url.startswith("s3://") and os.environ.get(_ALLOW_PLAIN, "").lower() == "true"
        options: Any = {**_CLIENT_OPTIONS, "allow_http": is_plain}
        try:
            self._store: ObjectStore = from_url(url, client_options=options, retry_config=_RETRIES)
        except (exceptions.BaseError, ValueError) as wrong:
            raise InvalidField(f"artifacts at {url} cannot be opened: {_cause(wrong)}", field="artifacts") from None

    def check_access(self) -> None:
        """Write and remove a small object. Blocks.

        Raises:
            InvalidField: the store refuses: no such bucket, no or wrong credentials.
            MachineFailure: it cannot be reached.
        """
        key = f"access-check-{os.urandom(8).hex()}"
        errors = self._errors
        try:
            self._library.put(self._store, key, b"", use_multipart=False)
            self._library.delete(self._store, key)
        except (
            FileNotFoundError,
            PermissionError,
            errors.PermissionDeniedError,
            errors.UnauthenticatedError,
        ) as refused:
            raise InvalidField(
                f"artifacts at {self.url} cannot be written: {_cause(refused)}; the bucket has to exist, and the "
                "environment has to hold credentials that may read, write, list and delete in it",
                field="artifacts",
            ) from None
        except (errors.BaseError, OSError) as failure:
            raise self._failure(failure) from None

    async def find(self, key: str) -> Found | None:
        """Return what is known of an object, or None when there is none.

        Raises:
            MachineFailure: the store cannot be asked now.
        """
        with self._told():
            try:
                return _found(await self._library.head_async(self._store, key))
            except FileNotFoundError:
                return None

    async def read(self, key: str, start: int, end: int) -> bytes | None:
        """Return the bytes from `start` to before `end`, or None when there is no such object.

        Raises:
            MachineFailure: the store cannot be asked now.
        """
        with self._told():
            try:
                return bytes(await self._library.get_range_async(self._store, key, start=start, end=end))
            except FileNotFoundError:
                return None

    async def create(self, key: str, content: bytes | Path) -> None:
        """Write an object; one that is there already may stay: the same key always has the same content.

        Raises:
            MachineFailure: the store does not take it now.
        """
        size_bytes = len(content) if isinstance(content, bytes) else (await asyncio.to_thread(content.stat)).st_size
        if size_bytes > SINGLE_PUT_BYTES or not await self._created(key, content):
            await self.write(key, content)

    async def write(self, key: str, content: bytes | Path) -> None:
        """Write an object over whatever is there, whole or not at all.

        Raises:
            MachineFailure: the store does not take it now.
        """
        with self._told():
            await self._library.put_async(
                self._store, key, content, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
            )

    async def remove(self, key: str) -> None:
        """Remove an object; nothing happens when there is none.

        Raises:
            MachineFailure: the store cannot be asked now.
        """
        with self._told():
            try:
                await self._library.delete_async(self._store, key)
            except FileNotFoundError:
                return

    async def all(self) -> AsyncIterator[Found]:
        """Give every object below the prefix.

        Raises:
            MachineFailure: the store cannot be asked now.
        """
        listing = self._library.list(self._store, chunk_size=_LISTED_AT_ONCE)
        while True:
            with self._told():
                try:
                    page = await anext(listing)
                except StopAsyncIteration:
                    return
            for meta in page:
                yield _found(meta)

    async def _created(self, key: str, content: bytes | Path) -> bool:
        """Create an object in one conditional request; False when the store knows no conditions."""
        with self._told():
            try:
                await self._library.put_async(self._store, key, content, mode="create", use_multipart=False)
            except self._errors.AlreadyExistsError:
                return True
            except (self._errors.NotSupportedError, NotImplementedError):
                return False
        return True

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (self._errors.BaseError, OSError, ValueError) as failure:
            raise self._failure(failure) from None

    def _failure(self, failure: Exception) -> MachineFailure:
        return MachineFailure(f"artifacts at {self.url} cannot be used now: {_cause(failure)}; try again later")


def _found(meta: Any) -> Found:
    return Found(str(meta["path"]), int(meta["size"]), meta["last_modified"].timestamp())


def _cause(failure: Exception) -> str:
    """Return its first line, without the query of a URL, which may hold a signature."""
    first_line = (str(failure).splitlines() or [type(failure).__name__])[0]
    return re.sub(r"\?\S*", "", first_line)[:_LONGEST_CAUSE]
