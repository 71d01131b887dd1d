"""How many jobs and nodes there are in each state, counted at most once a second however many ask."""

from __future__ import annotations

import asyncio
from collections import Counter
from importlib import metadata
from typing import Any

from fastapi import APIRouter, Response

from central_server.scheduler.nodes import NodeState
from central_server.web.errors import problems
from central_server.web.json_answer import json_answer
from central_server.web.models import SummaryModel
from central_server.web.parts import WebParts
from shared.lifecycle import JobState

FRESH_SECONDS = 1.0


class Summary:
    """Counts, and remembers the counts for a moment."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._counted: dict[JobState, int] = {}
        self._counted_at = float("-inf")
        self._counted_sequence = -1
        self._counting = asyncio.Lock()
        self._version = metadata.version("cyxwiz")

    async def now(self) -> dict[str, Any]:
        """Return the summary's JSON."""
        jobs = await self._jobs()
        nodes = Counter(record.state for record in self._parts.read_model.nodes())
        return {
            "jobs": {state.value: jobs.get(state, 0) for state in JobState},
            "nodes": {state.value: nodes.get(state, 0) for state in NodeState},
            "version": self._version,
        }

    async def _jobs(self) -> dict[JobState, int]:
        clock = asyncio.get_running_loop().time
        async with self._counting:
            newest = self._parts.read_model.watchers.last_sequence
            if newest != self._counted_sequence and clock() - self._counted_at >= FRESH_SECONDS:
                self._counted = dict(await self._parts.store.count_by_state())
                self._counted_at, self._counted_sequence = clock(), newest
            return self._counted


def summary_routes(parts: WebParts, summary: Summary) -> APIRouter:
    """Return the route."""
    routes = APIRouter(prefix="/api/v1", tags=["server"])

    @routes.get("/summary", response_model=SummaryModel, responses=problems(503))
    async def read_summary() -> Response:
        """Return how many jobs and nodes there are in each state, a second old at most."""
        parts.election.refuse_elsewhere()
        return json_answer(await summary.now())

    return routes
