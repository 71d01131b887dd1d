"""The numbers the pure core decides with; where an operator's wishes come from is the adapters' matter."""

from __future__ import annotations

from dataclasses import dataclass, field

from central_server.scheduler.quotas import Quotas
from shared.backoff import Backoff


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """What an operator may turn.

    Attributes:
        lease_seconds: how long an attempt may use its devices after the node's last heartbeat, as nodes are told.
        lease_grace_seconds: the server waits this much longer than it says, for heartbeats that wait to be read; a node
            begins to stop well before, by its own clock.
        heartbeat_seconds: how often nodes are told to be heard from.
        plan_timeout_seconds: a node that was asked what a job needs has this long to answer.
        warm_up_seconds: a job whose node's process died waits this long for it to load again, for the checkpoint there.
        avoidance_seconds: a job is not offered again this soon to a node that declined it, unless that has news.
        ageing_seconds: a waiting job counts one priority more for each of these in which nothing of its user's and
            priority was started.
        fair_share_half_life_seconds: a user's device seconds count half after this long.
        reservation_seconds: whoever is first in line and has waited this long has a node kept free for it.
        quotas: how much one user may have at once.
        retry_backoff: waits before a job is tried again; the core has no random numbers, so they are not spread.
        recently_ended_jobs: how many ended jobs are remembered, for requests that cross the end.
        recently_ended_bytes: and how much text of model definitions those may hold.
    """

    lease_seconds: float = 20.0
    lease_grace_seconds: float = 0.5
    heartbeat_seconds: float = 2.0
    plan_timeout_seconds: float = 60.0
    warm_up_seconds: float = 30.0
    avoidance_seconds: float = 10.0
    ageing_seconds: float = 3600.0
    fair_share_half_life_seconds: float = 6 * 3600.0
    reservation_seconds: float = 60.0
    quotas: Quotas = field(default_factory=Quotas)
    retry_backoff: Backoff = field(default_factory=lambda: Backoff(first_seconds=1.0, cap_seconds=60.0))
    recently_ended_jobs: int = 1024
    recently_ended_bytes: int = 32 * 1024 * 1024
