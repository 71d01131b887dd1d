"""Reads event streams in tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event; a comment has no name."""

    name: str
    id: str
    data: Any


class Events:
    """One open stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self, name: str = "") -> Event:
        """Return the next event, or the next of a name."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                event = await self._one()
                if event.name and name in {"", event.name}:
                    return event

    async def rest(self) -> list[Event]:
        """Return what comes until the server ends the stream."""
        events: list[Event] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while True:
                    events.append(await self._one())
            except StopAsyncIteration:
                return events

    async def _one(self) -> Event:
        fields: dict[str, str] = {}
        while line := await anext(self._lines):
            key, _, value = line.partition(": ")
            fields[key] = value
        return Event(fields.get("event", ""), fields.get("id", ""), json.loads(fields.get("data", "null")))


@asynccontextmanager
async def stream(http: httpx.AsyncClient, path: str, **parameters: Any) -> AsyncIterator[Events]:
    """Open a stream until the block ends."""
    headers = {"Last-Event-ID": parameters.pop("last_event_id")} if "last_event_id" in parameters else {}
    async with http.stream("GET", path, params=parameters, headers=headers, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield Events(answer)
