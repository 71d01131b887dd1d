"""Asks again and again which jobs run or wait, and tells what has changed since it asked before. It shows nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cyxwiz.errors import ServerUnreachable
from cyxwiz.records import JobInfo
from shared.clock import SystemClock
from shared.errors import NotFound
from shared.lifecycle import JobState

if TYPE_CHECKING:
    from cyxwiz.aio import Client

LIVE_STATES = (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)
"""What runs or waits, in the order of a job's life, so that none slips by between two questions; a paused job does
neither until somebody resumes it."""

MOST_OF_EACH_STATE = 1_000
"""More are not asked for at once; the rest follows as these end."""

_AWAY_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of asking has found.

    Attributes:
        live: the jobs that run or wait now.
        changed: those that are new or not as they were, whether they still run or not.
    """

    live: tuple[JobInfo, ...]
    changed: tuple[JobInfo, ...]


async def live_jobs(client: Client) -> list[JobInfo]:
    """Return the jobs that run or wait now."""
    of_states = [await client.jobs(state=state, limit=MOST_OF_EACH_STATE) for state in LIVE_STATES]
    # One that moved on between two questions is in both answers; the later one counts.
    return list({info.job_id: info for infos in of_states for info in infos}.values())


async def rounds(
    client: Client, *, every_seconds: float, on_away: Callable[[], None], on_back: Callable[[], None]
) -> AsyncIterator[Round]:
    """Yield one round after the other, the last one when nothing runs or waits any more.

    Raises:
        ServerUnreachable: nobody has answered for ten minutes.
    """
    known: dict[str, JobInfo] = {}
    while True:
        found = await _patiently(client, known, every_seconds=every_seconds, on_away=on_away, on_back=on_back)
        live = {job_id: info for job_id, info in found.items() if info.state in LIVE_STATES}
        yield Round(tuple(live.values()), changed_jobs(known, found))
        if not live:
            return
        known = live
        await asyncio.sleep(every_seconds)


def changed_jobs(before: Mapping[str, JobInfo], now: Mapping[str, JobInfo]) -> tuple[JobInfo, ...]:
    """Return the jobs that are new or not as they were."""
    return tuple(info for job_id, info in now.items() if before.get(job_id) != info)


async def _ask(client: Client, known: Mapping[str, JobInfo]) -> dict[str, JobInfo]:
    """Return the live jobs, and how those that were live are now."""
    found = {info.job_id: info for info in await live_jobs(client)}
    for job_id in known.keys() - found.keys():
        try:
            found[job_id] = await client.job(job_id).status()
        except NotFound:
            continue  # deleted meanwhile
    return found


async def _patiently(
    client: Client,
    known: Mapping[str, JobInfo],
    *,
    every_seconds: float,
    on_away: Callable[[], None],
    on_back: Callable[[], None],
) -> dict[str, JobInfo]:
    """Ask until somebody answers; that nobody does is told once, and so is the end of it."""
    clock = SystemClock()
    away_since: float | None = None
    while True:
        try:
            found = await _ask(client, known)
        except ServerUnreachable:
            # Who has never had an answer has a wrong address rather than a server that starts again.
            if not known or (away_since is not None and clock.monotonic_seconds() - away_since > _AWAY_SECONDS):
                raise
            if away_since is None:
                away_since = clock.monotonic_seconds()
                on_away()
            await asyncio.sleep(every_seconds)
        else:
            if away_since is not None:
                on_back()
            return found
