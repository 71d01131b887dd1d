"""All jobs and nodes as a stream of events: rows of jobs that changed, ids of jobs that are gone, nodes, the summary.

Each round tells the latest of whatever changed since the last; a reader that comes back is told what it missed, once,
or `reset` when that is no longer known: then it must read its page anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from enum import StrEnum

from central_server.pacing import Pace
from central_server.views import view_nodes
from central_server.watchers import ListChange, Watch
from central_server.web.event_stream import BEGINNING, COMMENT, QUIET_SECONDS, OpenStreams, event_bytes
from central_server.web.job_json import json_from_node
from central_server.web.json_answer import json_bytes
from central_server.web.parts import WebParts
from central_server.web.shown_jobs import ShownJobs
from central_server.web.summary import Summary
from shared.errors import InvalidField, NotFound, StoreUnavailable

ROUND_SECONDS = 0.5
"""No job is told of more than twice a second."""
LOOK_SECONDS = 2.0
"""How often nodes and counts are looked at when nothing was said to have changed."""
JOBS_AT_ONCE = 500
_NODES_FRESH_SECONDS = 1.0


class Topic(StrEnum):
    """What a reader wants to hear of."""

    JOBS = "jobs"
    NODES = "nodes"


def topics_from(text: str) -> frozenset[Topic]:
    """Return the topics that are named, separated by commas.

    Raises:
        InvalidField: one of them is none.
    """
    try:
        return frozenset(Topic(word) for word in text.split(","))
    except ValueError:
        known = ",".join(Topic)
        raise InvalidField(f"topics must be some of {known}, got {text[:80]!r}", field="topics") from None


def sequence_from(text: str) -> int | None:
    """Return the number of the last event that a reader has had; None for no text.

    Raises:
        InvalidField: it is no number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidField(f"since must be the id of an earlier event, got {text[:80]!r}", field="since")
    return int(text)


class ShownNodes:
    """The nodes as the bytes of their JSON, made at most once a second however many streams send it."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._data = b"[]"
        self._made_at = float("-inf")

    def now(self) -> bytes:
        """Return the JSON array."""
        now = asyncio.get_running_loop().time()
        if now - self._made_at >= _NODES_FRESH_SECONDS:
            self._data = json_bytes([json_from_node(view) for view in view_nodes(self._parts.read_model)])
            self._made_at = now
        return self._data


class ListEvents:
    """Makes streams."""

    def __init__(
        self, parts: WebParts, shown: ShownJobs, nodes: ShownNodes, summary: Summary, streams: OpenStreams
    ) -> None:
        self._read_model = parts.read_model
        self._watchers = parts.read_model.watchers
        self._shown = shown
        self._nodes = nodes
        self._summary = summary
        self._streams = streams

    async def of(self, topics: frozenset[Topic], since: int | None) -> AsyncGenerator[bytes, None]:
        """Give events until the server stops."""
        with self._streams.one_more(), self._watchers.watch_all() as watch:
            yield BEGINNING
            begun = self._watchers.last_sequence
            if since is not None and self._watchers.remembers_since(since):
                begun = since
            elif since is not None:
                yield event_bytes("reset", b"{}", str(begun))
            try:
                async for event in self._events(topics, begun, watch):
                    yield event
            except StoreUnavailable:
                return  # the reader comes back with the last id it has

    async def _events(self, topics: frozenset[Topic], given: int, watch: Watch) -> AsyncIterator[bytes]:
        pace = Pace(ROUND_SECONDS)
        last_nodes = last_summary = b""
        quiet_seconds = 0.0
        while True:
            await pace.wait()
            is_quiet = True
            if Topic.JOBS in topics:
                async for sequence, event in self._changes(given):
                    given, is_quiet = sequence, False
                    yield event
            if Topic.NODES in topics and (nodes := self._nodes.now()) != last_nodes:
                last_nodes, is_quiet = nodes, False
                yield event_bytes("nodes", nodes, str(given))
            if (summary := json_bytes(await self._summary.now())) != last_summary:
                last_summary, is_quiet = summary, False
                yield event_bytes("summary", summary, str(given))
            quiet_seconds = quiet_seconds + LOOK_SECONDS if is_quiet else 0.0
            if quiet_seconds >= QUIET_SECONDS:
                quiet_seconds = 0.0
                yield COMMENT
            await watch.wait(LOOK_SECONDS)

    async def _changes(self, given: int) -> AsyncIterator[tuple[int, bytes]]:
        for change in self._watchers.changed_since(given, most=JOBS_AT_ONCE):
            if not self._is_replica(change.job_id):
                yield change.sequence, await self._event(change)

    def _is_replica(self, job_id: str) -> bool:
        """Tell whether it is a job that listings leave out."""
        seen = self._read_model.seen_now(job_id)
        return seen is not None and seen.record.spec.serving is not None

    async def _event(self, change: ListChange) -> bytes:
        event_id = str(change.sequence)
        if not change.is_gone:
            try:
                return event_bytes("job", (await self._shown.now(change.job_id)).data, event_id)
            except NotFound:
                pass  # gone since; it is told again below in its own place too, which changes nothing
        return event_bytes("gone", json_bytes({"job_id": change.job_id}), event_id)
