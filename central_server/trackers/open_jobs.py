"""Which jobs a tracker still has to be told of, kept in the store, so that a restart forgets none of them.

A job is noted before its tracker is told anything, and crossed out when the tracker knows its end. Jobs that ended
while nobody looked are found by when they ended: up to where is kept here too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from central_server.ports import EndedJob, Store
from central_server.tracker_rules import TrackerName


class OpenJobs:
    """The notes of one tracker. Belongs to the event loop."""

    def __init__(self, tracker: TrackerName, store: Store) -> None:
        self._store = store
        self._prefix = f"tracker:{tracker}:"
        self._seen_to = f"seen_to:{tracker}"
        self._job_ids: dict[str, None] = {}
        self.seen_to = EndedJob(0, "")
        """Of jobs that ended up to this one, every one that matters has been noted."""

    @property
    def job_ids(self) -> Collection[str]:
        """The jobs that are noted, in the order they came."""
        return self._job_ids

    async def load(self, now_ms: int) -> None:
        """Read the notes; a tracker that has none yet begins with jobs that have not ended by now."""
        noted = await self._store.facts(self._prefix)
        self._job_ids = {name.removeprefix(self._prefix): None for name in sorted(noted)}
        seen = await self._store.facts(self._seen_to)
        if self._seen_to in seen:
            ended_at_ms, job_id = json.loads(seen[self._seen_to])
            self.seen_to = EndedJob(ended_at_ms, job_id)
        else:
            await self.note((), EndedJob(now_ms, ""))

    async def note(self, job_ids: Iterable[str], seen_to: EndedJob) -> None:
        """Note jobs, and up to where those that ended have been looked at: both or none."""
        fresh = [job_id for job_id in job_ids if job_id not in self._job_ids]
        if not fresh and seen_to == self.seen_to:
            return
        facts: dict[str, str | None] = {self._prefix + job_id: "" for job_id in fresh}
        facts[self._seen_to] = json.dumps([seen_to.ended_at_ms, seen_to.job_id])
        await self._store.put_facts(facts)
        self._job_ids |= dict.fromkeys(fresh)
        self.seen_to = seen_to

    async def cross_out(self, job_id: str) -> None:
        """Forget a job: its tracker needs to be told nothing more."""
        await self._store.put_facts({self._prefix + job_id: None})
        self._job_ids.pop(job_id, None)
