"""Making room for what is urgent: attempts of lower priority save themselves and go back to the queue.

Only jobs of high and critical priority ask for it, only of attempts with a lower one, and only where it helps: when the
device would then really hold the job. Of all ways the one that stops the least urgent and fewest attempts is taken, and
what comes free is kept for the job that asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.demands import priority_rank_of
from central_server.scheduler.effects import Note
from central_server.scheduler.needs import Need
from central_server.scheduler.order import in_order
from central_server.scheduler.placement import Place, node_does_not_mind, refusal_when_empty
from central_server.scheduler.places import places_of
from central_server.scheduler.promises import Promise
from central_server.scheduler.queue import Standing
from central_server.scheduler.reservations import Reservation
from central_server.scheduler.stopping import stop_job
from shared.identifiers import AttemptKey

URGENT_RANK = 2
"""High; see `demands`."""
MOST_CLAIMANTS = 4
MOST_NODES = 32
MOST_ATTEMPTS = 256
"""What one cycle looks at, so that a crowd of urgent jobs does not hold up everything else."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """An attempt that stands in the way."""

    key: AttemptKey
    promise: Promise
    rank: int
    offered_at_ms: int


@dataclass(frozen=True, slots=True)
class _Clearing:
    """A place, and who has to go for it."""

    place: Place
    victims: tuple[_Holder, ...]

    @property
    def cost(self) -> tuple[int, int]:
        return (max((victim.rank for victim in self.victims), default=-1), len(self.victims))


def make_room_for_the_urgent(state: ClusterState, with_news: Sequence[str]) -> None:
    """Stop what stands in the way of the first urgent jobs in line.

    Args:
        state: the cluster.
        with_news: the nodes that have changed, so that what did not help there before may help now.
    """
    urgent = [standing for standing in _urgent(state) if state.reservations.of_job(standing.entry.job_id) is None]
    looked_for, state.room_was_sought_for = state.room_was_sought_for, {standing.entry for standing in urgent}
    for standing in urgent:
        is_new = standing.entry not in looked_for
        _make_room(state, standing, _worth_a_look(state, standing) if is_new else with_news)


def _urgent(state: ClusterState) -> list[Standing]:
    urgent: list[Standing] = []
    for turn, standing in in_order(state):
        if -turn.minus_level < URGENT_RANK or len(urgent) == MOST_CLAIMANTS:
            break
        if turn.claimant.priority >= URGENT_RANK:
            urgent.append(standing)
    return urgent


def _worth_a_look(state: ClusterState, standing: Standing) -> Iterator[str]:
    kept = (reservation.node_id for reservation in state.reservations)
    below = state.running.nodes_below(standing.claimant.priority)
    return itertools.islice(dict.fromkeys(itertools.chain(kept, itertools.islice(below, MOST_ATTEMPTS))), MOST_NODES)


def _make_room(state: ClusterState, standing: Standing, node_ids: Iterable[str]) -> None:
    rank = standing.claimant.priority
    found = (clearing for node_id in node_ids for clearing in _clearings(state, node_id, standing.need, rank))
    best = min(found, key=lambda clearing: clearing.cost, default=None)
    if best is None:
        return
    place, job_id = best.place, standing.entry.job_id
    if (kept := state.reservations.of_node(place.node.node_id)) is not None:
        state.reservations.drop(kept.job_id)
    state.reservations.keep(Reservation(job_id, place.node.node_id, place.device.device_id))
    for victim in best.victims:
        reason = f"it makes room for {job_id}, whose priority is higher"
        stop_job(state, state.jobs[victim.key.job_id], None, reason)
    fields = (("job", job_id), ("node", place.node.node_id), ("stopped", len(best.victims)))
    state.emit(Note("room_made", fields))


def _clearings(state: ClusterState, node_id: str, need: Need, rank: int) -> Iterator[_Clearing]:
    node = state.nodes[node_id]
    if _is_kept_for_an_equal(state, node_id, rank):
        return
    holders = _holders(state, node_id)
    for place in places_of(state, node):
        if refusal_when_empty(need, place) is None and node_does_not_mind(need, place) is None:
            victims = _fewest_victims(need, place, holders, rank)
            if victims is not None:
                yield _Clearing(place, victims)


def _is_kept_for_an_equal(state: ClusterState, node_id: str, rank: int) -> bool:
    kept = state.reservations.of_node(node_id)
    return kept is not None and priority_rank_of(state.jobs[kept.job_id].spec) >= rank


def _holders(state: ClusterState, node_id: str) -> tuple[_Holder, ...]:
    return tuple(_holder(state, key, promise) for key, promise in state.promises.of_node(node_id).items())


def _holder(state: ClusterState, key: AttemptKey, promise: Promise) -> _Holder:
    job = state.jobs[key.job_id]
    return _Holder(key, promise, priority_rank_of(job.spec), job.attempts[-1].offered_at_ms)


def _fewest_victims(need: Need, place: Place, holders: Sequence[_Holder], rank: int) -> tuple[_Holder, ...] | None:
    """Return who has to go, least urgent and latest begun first; None when it would not help."""
    leaving = [holder for holder in holders if holder.promise.is_stopping]
    willing = [holder for holder in holders if holder.rank < rank and not holder.promise.is_stopping]
    chosen: list[_Holder] = []
    for holder in sorted(willing, key=lambda holder: (holder.rank, -holder.offered_at_ms)):
        if _would_fit(need, place, holders, [*leaving, *chosen]):
            break
        chosen.append(holder)
    if not _would_fit(need, place, holders, [*leaving, *chosen]):
        return None
    for holder in tuple(chosen):  # the first ones may have been too small to matter
        others = [other for other in chosen if other is not holder]
        if _would_fit(need, place, holders, [*leaving, *others]):
            chosen = others
    return tuple(chosen)


def _would_fit(need: Need, place: Place, holders: Sequence[_Holder], gone: Sequence[_Holder]) -> bool:
    stay = [holder for holder in holders if holder not in gone]
    on_device = [holder for holder in stay if place.device.device_id in holder.promise.device_ids]
    if len(stay) >= place.node.description.slots or any(holder.promise.is_whole for holder in on_device):
        return False
    if need.is_whole and on_device:
        return False
    return need.memory_bytes <= place.capacity_bytes - sum(holder.promise.memory_bytes for holder in on_device)
