"""Which place a job gets, found without a look at every node.

`OpenPlaces` lists places in the order of what does not depend on the job. The first that fits settles how busy the
chosen node is; among equally busy ones those that already hold something of the job's are asked too. The answer is the
one that scoring every open place would give; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.demands import dataset_of
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.needs import Need
from central_server.scheduler.placement import Affinity, Place, best_place, is_an_accelerator, refusal, spare_slots


def affinity_of(state: ClusterState, job: JobRecord) -> Affinity:
    """Return what the job would find already there, and where."""
    return Affinity(
        checkpoint=job.checkpoint_node_id,
        fingerprint=job.checkpoint.stored.fingerprint if job.checkpoint else "",
        program=state.holdings.nodes_with_program(state.accounts.program_of(job)),
        dataset=state.holdings.nodes_with_dataset(dataset_of(job.spec)),
    )


def choose_place(state: ClusterState, job: JobRecord, need: Need, node_ids: Iterable[str] | None) -> Place | None:
    """Return the best open place for a job, None where there is none.

    Args:
        state: the cluster.
        job: who is to start.
        need: what it needs.
        node_ids: only these nodes; None for all.
    """
    affinity = affinity_of(state, job)
    if node_ids is not None:
        return best_place(need, affinity, _free_for(state, job, _places_on(state, node_ids)))
    if affinity.checkpoint:
        at_checkpoint = _free_for(state, job, state.open_places.of_node(affinity.checkpoint))
        if (there := best_place(need, affinity, at_checkpoint)) is not None:
            return there
    if affinity.fingerprint:  # few jobs are resumed elsewhere; those may look at every place
        return best_place(need, affinity, _free_for(state, job, state.open_places.best_first(need.device_kind)))
    return _among_equals(state, job, need, affinity)


def is_kept_from(state: ClusterState, job_id: str, place: Place) -> bool:
    """Tell whether the place, or the node's last slot, is kept for another job."""
    kept = state.reservations.of_node(place.node.node_id)
    if kept is None or kept.job_id == job_id:
        return False
    return kept.device_id == place.device.device_id or place.attempts_on_node + 1 >= place.node.description.slots


def _among_equals(state: ClusterState, job: JobRecord, need: Need, affinity: Affinity) -> Place | None:
    in_order = _free_for(state, job, state.open_places.best_first(need.device_kind))
    first = next((place for place in in_order if refusal(need, place) is None), None)
    if first is None:
        return None
    holders = _free_for(state, job, _places_on(state, sorted(affinity.program | affinity.dataset)))
    equals = [place for place in holders if _is_as_busy(place, first)]
    return best_place(need, affinity, [first, *equals])


def _is_as_busy(place: Place, other: Place) -> bool:
    nothing = Affinity()
    same_kind = is_an_accelerator(nothing, place) == is_an_accelerator(nothing, other)
    return same_kind and spare_slots(place) == spare_slots(other)


def _places_on(state: ClusterState, node_ids: Iterable[str]) -> Iterator[Place]:
    return (place for node_id in node_ids for place in state.open_places.of_node(node_id))


def _free_for(state: ClusterState, job: JobRecord, places: Iterable[Place]) -> Iterator[Place]:
    return (place for place in places if not is_kept_from(state, job.job_id, place))
