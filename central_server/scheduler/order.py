"""Whose turn it is: priority that ages, then the user who has had least lately, then first come.

A claimant's level is its priority, and one more for each `ageing_seconds` in which nothing of it was started: what
waits long enough comes before anything. Serving a claimant begins its age anew, so a hundred old jobs of one user are
not a hundred turns. Between users of one level the one with the least recent use goes first.

Turns are corrected when a claimant's jobs or its user's devices change, and those older than `REFRESH_SECONDS` a few at
a time, since levels and the use of those who hold devices grow by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.queue import Claimant, Standing
from central_server.scheduler.turns import Turn

REFRESH_SECONDS = 10.0
MOST_REFRESHED = 16
"""In one cycle, so that no cycle is held up by a crowd of users."""


def turn_of(state: ClusterState, claimant: Claimant) -> Turn:
    """Return where a claimant that has jobs in line stands now."""
    queue = state.queue
    first = queue.first(claimant)
    since = max(queue.served_seconds(claimant), queue.standing(first.job_id).since_seconds)
    levels_waited = int((state.now.seconds - since) // state.settings.ageing_seconds)
    weight = state.fair_share.weight(claimant.user_id, state.now.seconds)
    return Turn(-(claimant.priority + max(0, levels_waited)), weight, first.sequence, claimant)


def quota_refusal(state: ClusterState, user_id: str) -> str:
    """Return why nothing more of the user may start now; empty when something may."""
    running, devices = state.fair_share.attempts_of(user_id), state.fair_share.devices_of(user_id)
    return state.settings.quotas.refusal_to_run(user_id, running, devices)


def bring_turns_up_to_date(state: ClusterState) -> None:
    """Put everybody whose turn has changed in its place."""
    turns = state.turns
    turns.changed.update(turns.older_than(state.now.seconds - REFRESH_SECONDS, MOST_REFRESHED))
    for claimant in turns.changed:
        turn = turn_of(state, claimant) if _may_run(state, claimant) else None
        turns.put(claimant, turn, state.now.seconds)
    turns.changed.clear()


def in_order(state: ClusterState) -> Iterator[tuple[Turn, Standing]]:
    """Yield each turn with the claimant's first job; nothing may be started meanwhile."""
    for turn in state.turns:
        yield turn, state.queue.standing(state.queue.first(turn.claimant).job_id)


def next_with_open_need(state: ClusterState) -> Standing | None:
    """Return the job whose turn is first of those whose class of needs may have a place; None for nobody."""
    for turn in state.turns:
        head = state.queue.head(turn.claimant, state.news.open_needs)
        if head is not None:
            return state.queue.standing(head.job_id)
    return None


def _may_run(state: ClusterState, claimant: Claimant) -> bool:
    return state.queue.count(claimant) > 0 and not quota_refusal(state, claimant.user_id)
