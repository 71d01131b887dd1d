"""How much of the past is kept, in numbers, and which ended jobs therefore go. It reads no clock and no store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from central_server.ports import EndedJob, EndedPage

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """What is kept; 0 is for ever, or without a limit. Ages of jobs count from their end.

    Attributes:
        jobs_days: ended jobs, with all that hangs on them.
        jobs_count: how many ended jobs.
        total_bytes: what database and artifacts may take before the oldest ended jobs go.
        metrics_days: the metric history of ended jobs.
        logs_days: the log lines of ended jobs.
        audit_days: the audit log's entries, by their own age.
    """

    jobs_days: float = 0.0
    jobs_count: int = 0
    total_bytes: int = 0
    metrics_days: float = 0.0
    logs_days: float = 0.0
    audit_days: float = 0.0


@dataclass(frozen=True, slots=True)
class Excess:
    """What is too old or too much.

    Attributes:
        ended_before_ms: jobs that ended earlier are too old.
        jobs: so many ended jobs are over the limit.
        size_bytes: so many bytes are over the limit.
    """

    ended_before_ms: int = 0
    jobs: int = 0
    size_bytes: int = 0

    def includes(self, job: EndedJob) -> bool:
        """Tell whether a job, the oldest that is left, has to go."""
        return job.ended_at_ms < self.ended_before_ms or self.jobs > 0 or self.size_bytes > 0

    def without(self, size_bytes: int) -> Excess:
        """Return what is left of it once one job of that size is gone."""
        return replace(self, jobs=self.jobs - 1, size_bytes=self.size_bytes - size_bytes)


def cutoff_ms(now_ms: int, days: float) -> int:
    """Return the moment before which things are older than `days`; 0, before all, when they are kept for ever."""
    return round(now_ms - days * DAY_MS) if days else 0


def choose(
    page: EndedPage, excess: Excess, *, named: Collection[str], sizes: Mapping[str, int], row_bytes: int
) -> tuple[list[EndedJob], Excess]:
    """Return which jobs of a page go, the oldest first, and the excess that is left then.

    Args:
        page: jobs in the order of their ends.
        excess: what is too old or too much.
        named: jobs that live ones come after; they stay.
        sizes: bytes of each artifact; one is free when the last job that refers to it goes.
        row_bytes: what a job takes in the database.
    """
    left = dict(page.referents)
    chosen: list[EndedJob] = []
    for job in page.jobs:
        if job.job_id in named:
            continue
        if not excess.includes(job):
            break
        chosen.append(job)
        for sha256 in job.sha256s:
            left[sha256] -= 1
        freed = sum(sizes.get(sha256, 0) for sha256 in job.sha256s if not left[sha256])
        excess = excess.without(row_bytes + freed)
    return chosen, excess
