"""One file in a bucket: what is known of it and how its bytes are read, with the other side's failures told as ours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from server_node.training.data.optional_library import optional_library
from shared.errors import BadData, MachineFailure

PART_BYTES = 8 * 2**20
CLIENT_OPTIONS = {"timeout": "30s", "connect_timeout": "10s"}
RETRIES = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
"""Of one part; a stop is not seen while one is tried."""
ALLOW_PLAIN_S3 = "AWS_ALLOW_HTTP"
"""The variable by which an operator lets the node speak to an S3 of his own without TLS."""

StoreOf = Callable[[str], Any]
"""From `scheme://bucket` to an obstore store."""


def obstore_of(base: str, given: Mapping[str, str] | None = None) -> Any:
    """Open the store of a bucket with the credentials of the node's environment, or those given."""
    store = optional_library("obstore.store", "a dataset elsewhere", base)
    is_plain_allowed = base.startswith("s3://") and os.environ.get(ALLOW_PLAIN_S3, "").lower() == "true"
    options = {**CLIENT_OPTIONS, "allow_http": is_plain_allowed}
    return store.from_url(base, client_options=options, retry_config=RETRIES, **(given or {}))


@dataclass(frozen=True, slots=True)
class Found:
    """What the other side says of a file: its size, and a text that changes with it, empty where it says none."""

    size_bytes: int
    version: str


class Source(Protocol):
    """A file elsewhere, wherever that is; see `RemoteSource`."""

    url: str
    name: str

    def look(self) -> Found:
        """Ask for its size and version."""
        ...

    def parts(self, size_bytes: int) -> Iterator[bytes]:
        """Read it part by part."""
        ...


class RemoteSource:
    """A file by its URL; opening it asks nobody anything yet."""

    def __init__(self, url: str, store_of: StoreOf) -> None:
        """Open the store that the URL names."""
        parts = urlsplit(url)
        self.url = url
        self.path = unquote(parts.path).lstrip("/")
        self.name = self.path.rsplit("/", 1)[-1]
        self._library = optional_library("obstore", "a dataset elsewhere", url)
        self._errors = optional_library("obstore.exceptions", "a dataset elsewhere", url)
        with self._told():
            self._store = store_of(f"{parts.scheme}://{parts.netloc}")

    def look(self) -> Found:
        """Ask for its size and version.

        Raises:
            BadData: when it is not there or may not be read.
            MachineFailure: when the network or the other side fails.
        """
        with self._told():
            meta = self._library.head(self._store, self.path)
        return Found(int(meta["size"]), f"{meta.get('e_tag')}|{meta.get('version')}|{meta.get('last_modified')}")

    def parts(self, size_bytes: int) -> Iterator[bytes]:
        """Read it part by part, or in one go from a server that gives no parts; raises as `look` does."""
        for start in range(0, size_bytes, PART_BYTES):
            part = self._part(start, min(start + PART_BYTES, size_bytes))
            if part is None:
                yield from self._whole(size_bytes)
                return
            yield part

    def _part(self, start: int, end: int) -> bytes | None:
        with self._told():
            try:
                return bytes(self._library.get_range(self._store, self.path, start=start, end=end))
            except self._errors.NotSupportedError:
                return None

    def _whole(self, size_bytes: int) -> Iterator[bytes]:
        """Read it in one request, which has as long as any other, and no further than it was said to be."""
        with self._told():
            stream = iter(self._library.get(self._store, self.path).stream(min_chunk_size=PART_BYTES))
        taken = 0
        while taken <= size_bytes:
            with self._told():
                part = bytes(next(stream, b""))
            if not part:
                return
            taken += len(part)
            yield part

    @contextmanager
    def _told(self) -> Iterator[None]:
        errors = self._errors
        refused = (FileNotFoundError, errors.PermissionDeniedError, errors.UnauthenticatedError, PermissionError)
        try:
            yield
        except refused as error:
            reason = "it is not there" if isinstance(error, FileNotFoundError) else "this node may not read it"
            raise BadData(f"{self.url}: expected a file that can be read, but {reason}", field="dataset") from error
        except (errors.BaseError, OSError, ValueError) as error:
            first_line = (str(error).splitlines() or [""])[0][:300]
            raise MachineFailure(f"{self.url} cannot be fetched now: {first_line}") from error
