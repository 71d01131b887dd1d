"""Who runs where, after each batch of events: the queue meets the free places.

One cycle:
    1. Look at every device of every node once.
    2. Take the first job in line over all classes of needs.
    3. Find its best place. None: its whole class sits this cycle out, and blocks nobody else.
    4. Offer it there, look at that node again, go on with 2.
"""

from __future__ import annotations

import heapq
from dataclasses import replace

from central_server.scheduler.bookkeeping import put_job
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.effects import Send
from central_server.scheduler.jobs import AttemptRecord, JobRecord
from central_server.scheduler.needs import Need
from central_server.scheduler.nodes import NodeRecord, NodeState
from central_server.scheduler.placement import Place, best_place
from central_server.scheduler.queue import QueuedJob
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, JobState, advance_job
from shared.node_messages import OfferAttempt


def place_jobs(state: ClusterState) -> None:
    """Offer queued jobs until nothing fits any more."""
    places = _open_places(state)
    heads = _heads(state)
    while heads and places:
        queued, turn, need = heapq.heappop(heads)
        job = state.jobs[queued.job_id]
        candidates = (place for node_places in places.values() for place in node_places)
        place = best_place(need, job.checkpoint_node_id, candidates)
        if place is None:
            continue
        _offer(state, job, need, place)
        _look_again(state, places, place.node)
        if (following := state.queue.head(need)) is not None:
            heapq.heappush(heads, (following, turn, need))


def places_of(state: ClusterState, node: NodeRecord) -> tuple[Place, ...]:
    """Return the devices of a node as they stand now."""
    promises = state.promises.of_node(node.node_id)
    promised = state.promises.bytes_by_device(node.node_id)
    stopping = sum(promise.is_stopping for promise in promises.values())
    capacity = node.description.capacity_bytes
    return tuple(
        Place(
            node=node,
            device=device,
            capacity_bytes=capacity.get(device.device_id, 0),
            promised_bytes=promised.get(device.device_id, 0),
            attempts_on_node=len(promises),
            stopping_on_node=stopping,
        )
        for device in node.description.devices
    )


def _open_places(state: ClusterState) -> dict[str, tuple[Place, ...]]:
    """Leave out nodes that can take nobody, so that a full cluster costs nothing to plan."""
    if not len(state.queue):
        return {}
    return {node.node_id: places_of(state, node) for node in state.nodes.values() if _is_open(state, node)}


def _is_open(state: ClusterState, node: NodeRecord) -> bool:
    return node.state is NodeState.READY and len(state.promises.of_node(node.node_id)) < node.description.slots


def _heads(state: ClusterState) -> list[tuple[QueuedJob, int, Need]]:
    heads = []
    for turn, need in enumerate(state.queue.classes()):
        if (head := state.queue.head(need)) is not None:
            heads.append((head, turn, need))
    heapq.heapify(heads)
    return heads


def _look_again(state: ClusterState, places: dict[str, tuple[Place, ...]], node: NodeRecord) -> None:
    if _is_open(state, node):
        places[node.node_id] = places_of(state, node)
    else:
        del places[node.node_id]


def _offer(state: ClusterState, job: JobRecord, need: Need, place: Place) -> None:
    attempt = AttemptRecord(
        number=len(job.attempts) + 1,
        node_id=place.node.node_id,
        device_ids=(place.device.device_id,),
        memory_bytes=need.memory_bytes,
        state=AttemptState.OFFERED,
        offered_at_ms=state.now.unix_ms,
    )
    offered = replace(
        job,
        state=advance_job(job.state, JobState.RUNNING),
        reason="",
        attempts=(*job.attempts, attempt),
        started_at_ms=job.started_at_ms or state.now.unix_ms,
    )
    put_job(state, offered)
    state.accounts.forget_correction(job.job_id)
    state.emit(Send(place.node.session_id, _offer_message(state, offered, attempt)))


def _offer_message(state: ClusterState, job: JobRecord, attempt: AttemptRecord) -> OfferAttempt:
    key = AttemptKey(job.job_id, attempt.number)
    return OfferAttempt(key, job.spec, attempt.device_ids, attempt.memory_bytes, state.settings.lease_seconds)
