"""Keeping a device free for the first in line, when it has waited for long and everything that comes free is too small.

A large job would otherwise wait for ever behind small ones that fit into every gap. Only the very first has this, so
never more than one device of the cluster waits with it; it is the one with the least left to come free.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import PatienceEnds
from central_server.scheduler.effects import Note
from central_server.scheduler.needs import Need
from central_server.scheduler.order import in_order
from central_server.scheduler.placement import Place, refusal_when_empty
from central_server.scheduler.places import places_of
from central_server.scheduler.queue import Standing
from central_server.scheduler.reservations import Reservation

MOST_PLACES = 64
MOST_NODES = 32
"""What one search looks at: a good place is wanted, not the best of a thousand."""


def drop_stale_reservations(state: ClusterState) -> None:
    """End what no longer serves: its job does not wait any more, or the node could not take it even when empty."""
    for kept in state.reservations:
        if not _still_serves(state, kept):
            state.reservations.drop(kept.job_id)
            state.news.nodes.add(kept.node_id)


def keep_room_for_the_first(state: ClusterState) -> None:
    """Reserve a device when the first in line has been patient for long enough; else wake when it will have been."""
    first = _first_in_line(state)
    if first is None or state.reservations.of_job(first.entry.job_id) is not None:
        return
    due = first.since_seconds + state.settings.reservation_seconds
    if due > state.now.seconds:
        state.deadlines.set(PatienceEnds(), due)
        return
    if any(kept.is_for_patience for kept in state.reservations):
        return
    place = _soonest_place(state, first.need)
    if place is None:
        state.news.futile_needs.add(first.need)
    else:
        job_id, node_id = first.entry.job_id, place.node.node_id
        state.reservations.keep(Reservation(job_id, node_id, place.device.device_id, is_for_patience=True))
        state.emit(Note("device_kept_free", (("job", job_id), ("node", node_id), ("device", place.device.device_id))))


def on_patience_ended(state: ClusterState) -> None:
    """Have the next cycle look at who is first, though nothing else has happened."""
    state.news.is_due = True


def _still_serves(state: ClusterState, kept: Reservation) -> bool:
    node = state.nodes.get(kept.node_id)
    if node is None or kept.job_id not in state.queue:
        return False
    need = state.queue.standing(kept.job_id).need
    places = (place for place in places_of(state, node) if place.device.device_id == kept.device_id)
    return any(refusal_when_empty(need, place) is None for place in places)


def _first_in_line(state: ClusterState) -> Standing | None:
    futile = state.news.futile_needs
    return next((standing for _, standing in in_order(state) if standing.need not in futile), None)


def _soonest_place(state: ClusterState, need: Need) -> Place | None:
    """Return a device that could take it when empty: of the emptiest nodes, the one with the least to get rid of.

    Where none of those could, every node is asked, once until nodes have changed: nothing is kept for what is futile.
    """
    open_nodes = (place.node.node_id for place in state.open_places.best_first(need.device_kind))
    near = itertools.islice(dict.fromkeys(itertools.islice(open_nodes, MOST_PLACES)), MOST_NODES)
    return _easiest(_able(state, need, near)) or _easiest(itertools.islice(_able(state, need, state.nodes), MOST_NODES))


def _able(state: ClusterState, need: Need, node_ids: Iterable[str]) -> Iterator[Place]:
    for node_id in node_ids:
        if state.reservations.of_node(node_id) is None:
            places = places_of(state, state.nodes[node_id])
            yield from (place for place in places if refusal_when_empty(need, place) is None)


def _easiest(places: Iterable[Place]) -> Place | None:
    return min(places, key=lambda place: (place.attempts_on_device, -place.free_bytes), default=None)
