"""What a route of the node's HTTP server is asked and what it answers, free of sockets."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import UserMistake

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request without its body.

    Attributes:
        path: without the query.
        query: each key's last value.
        headers: names in lower case; of several of one name, all, separated by commas.
        caller_host: the address it comes from.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    caller_host: str = ""

    @property
    def content_type(self) -> str:
        """Of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, body, and headers beyond the body's own."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpRefusal(UserMistake):
    """A mistake that only HTTP knows, with its status."""

    def __init__(self, status: int, message: str, *, field: str = "", headers: Mapping[str, str] | None = None) -> None:
        """Keep the status."""
        super().__init__(message, field=field)
        self.status = status
        self.headers = headers or {}


ReadBody = Callable[[int], Awaitable[bytes]]
"""Gives the body, of at most so many bytes; raises `TooLarge` before more of it is read."""


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """Return an answer in JSON."""
    return HttpAnswer(status, json.dumps(value, allow_nan=False).encode() + b"\n", headers=headers or {})
