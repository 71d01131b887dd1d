"""How much of the cluster one user may have at once. It counts nothing itself; it says no with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Quota:
    """The limits of one user; None for no limit.

    Attributes:
        running_jobs: attempts that hold devices at once.
        devices: devices they hold together.
        queued_jobs: jobs that wait, those that wait for other jobs or for a retry included.
    """

    running_jobs: int | None = None
    devices: int | None = None
    queued_jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Quotas:
    """Everybody's quota: that of their own name, else the usual one."""

    usual: Quota = Quota()
    by_user: Mapping[str, Quota] = field(default_factory=dict)

    def of(self, user_id: str) -> Quota:
        """Return the quota of a user."""
        return self.by_user.get(user_id, self.usual)

    def refusal_to_run(self, user_id: str, running_jobs: int, devices: int) -> str:
        """Return why none of the user's jobs may start now; empty when one may.

        Args:
            user_id: whose.
            running_jobs: how many run.
            devices: how many devices they hold.
        """
        quota = self.of(user_id)
        if quota.running_jobs is not None and running_jobs >= quota.running_jobs:
            return f"{user_id} runs {running_jobs} of the {quota.running_jobs} jobs that the quota allows at once"
        if quota.devices is not None and devices >= quota.devices:
            return f"{user_id} holds {devices} of the {quota.devices} devices that the quota allows at once"
        return ""

    def refusal_to_queue(self, user_id: str, queued_jobs: int) -> str:
        """Return why the user may submit no further job now; empty when they may."""
        allowed = self.of(user_id).queued_jobs
        if allowed is None or queued_jobs < allowed:
            return ""
        return f"{user_id} has {queued_jobs} jobs waiting and the quota allows {allowed}; wait until some have started"
