"""Waits until a job has come to rest: its device is free again."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from cyxwiz.records import JobInfo
from shared.errors import OurBug
from shared.lifecycle import JobState

if TYPE_CHECKING:
    from cyxwiz.aio import Job

_BUSY = frozenset({JobState.RUNNING, JobState.STOPPING})


async def wait_until_device_is_free(job: Job) -> JobInfo:
    """Return the job once no attempt of it holds a device."""
    async with aclosing(job.watch()) as updates:
        async for info in updates:
            if info.state not in _BUSY:
                return info
    raise OurBug(f"the updates of job {job.id} ended before the job did")
