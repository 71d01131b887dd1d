"""What an attempt named by a node is to us now: everything a node says about its work is fenced by this."""

from __future__ import annotations

from enum import StrEnum

from central_server.scheduler.cluster_state import ClusterState
from shared.identifiers import AttemptKey
from shared.lifecycle import attempt_has_ended


class Standing(StrEnum):
    """How an attempt key stands with regard to the node that named it."""

    CURRENT = "current"
    """The live attempt of a live job, on this node."""
    SETTLED = "settled"
    """An attempt of this node that ended for us."""
    UNKNOWN = "unknown"
    """No live job of that name: ended or removed long ago, or never here; the core cannot tell."""
    NEVER_GIVEN = "never_given"
    """A live job, but this attempt is another node's or does not exist yet: the node breaks the protocol."""


def standing_of(state: ClusterState, node_id: str, key: AttemptKey) -> Standing:
    """Return how `key` stands when `node_id` names it."""
    job = state.jobs.get(key.job_id)
    if job is None:
        return Standing.UNKNOWN
    if not 1 <= key.number <= len(job.attempts):
        return Standing.NEVER_GIVEN
    attempt = job.attempts[key.number - 1]
    if attempt.node_id != node_id:
        return Standing.NEVER_GIVEN
    return Standing.SETTLED if attempt_has_ended(attempt.state) else Standing.CURRENT
