"""One file behind `https://`: what is known of it and how its bytes are read, by parts where the server gives parts."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from server_node.training.data.remote_source import Found
from server_node.training.data.web_request import (
    PART,
    WebAccess,
    WebAnswer,
    WebRequest,
    content_range_start,
    open_answer,
)
from shared.errors import BadData, MachineFailure

PART_BYTES = 8 * 2**20
REQUEST_SECONDS = 45.0
"""For one part with its redirects and tries; a stop is not seen meanwhile."""
LONGEST_SECONDS = 6 * 3600.0
"""For one file."""
TRIES = 3
PAUSE_SECONDS = 0.25

_Given = TypeVar("_Given")


class WebSource:
    """A file by its URL; opening it asks nobody anything yet."""

    def __init__(self, url: str, access: WebAccess, own_headers: Mapping[str, str] | None = None) -> None:
        """Take what to ask for, how, and the headers of a secret for the URL's own host."""
        self.url = url
        self.name = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
        self._access = access
        self._own_headers = dict(own_headers or {})
        self._ends_at = time.monotonic() + LONGEST_SECONDS

    def look(self) -> Found:
        """Ask for its size and version.

        Raises:
            BadData: when it is not there, or may not be read, or its host may not be asked.
            MachineFailure: when the network or the other side fails.
        """
        return self._tried(self._looked)

    def parts(self, size_bytes: int) -> Iterator[bytes]:
        """Read it part by part, or in one go from a server that gives no parts; raises as `look` does."""
        for start in range(0, size_bytes, PART_BYTES):
            part = self._tried(partial(self._part, start, min(start + PART_BYTES, size_bytes)))
            if part is None:
                yield from self._whole(size_bytes)
                return
            yield part

    def _looked(self, deadline: float) -> Found:
        with closing(self._opened("HEAD", "", deadline)) as answer:
            size = answer.header("Content-Length")
            version = answer.header("ETag"), answer.header("Last-Modified")
        if not size.isascii() or not size.isdigit():
            raise BadData(f"{self.url}: expected a host that says how large the file is, got no size", field="dataset")
        return Found(int(size), "|".join(version) if any(version) else "")

    def _part(self, start: int, end: int, deadline: float) -> bytes | None:
        with closing(self._opened("GET", f"bytes={start}-{end - 1}", deadline)) as answer:
            if answer.response.status != PART:
                return None
            if content_range_start(answer.header("Content-Range")) != start:
                raise http.client.HTTPException("another part was given than was asked for")
            return answer.read(end - start)

    def _whole(self, size_bytes: int) -> Iterator[bytes]:
        """Read it in one request, each part in the time of one, and no further than it was said to be."""
        taken = 0
        with closing(self._tried(partial(self._opened, "GET", ""))) as answer:
            while taken <= size_bytes:
                part = self._tried(partial(_read_on, answer), tries=1)
                if not part:
                    return
                taken += len(part)
                yield part

    def _opened(self, method: str, wanted: str, deadline: float) -> WebAnswer:
        headers = {"User-Agent": "cyxwiz", **({"Range": wanted} if wanted else {})}
        return open_answer(WebRequest(self.url, method, headers, self._own_headers), self._access, deadline)

    def _tried(self, ask: Callable[[float], _Given], tries: int = TRIES) -> _Given:
        now = time.monotonic()
        if now > self._ends_at:
            raise MachineFailure(f"{self.url} cannot be fetched now: it took longer than {LONGEST_SECONDS:.0f} s")
        deadline = now + REQUEST_SECONDS
        while True:
            tries -= 1
            try:
                return ask(deadline)
            except (http.client.HTTPException, OSError) as error:
                if tries <= 0 or time.monotonic() + PAUSE_SECONDS >= deadline:
                    reason = (str(error).splitlines() or [""])[0][:300] or type(error).__name__
                    raise MachineFailure(f"{self.url} cannot be fetched now: {reason}") from error
            time.sleep(PAUSE_SECONDS)


def _read_on(answer: WebAnswer, deadline: float) -> bytes:
    answer.connection.set_deadline(deadline)
    return answer.read(PART_BYTES)
