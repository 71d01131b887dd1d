"""Who runs where, after each batch of events: the queue meets the free places.

One cycle:
    1. Bring the open places of nodes with news up to date.
    2. Of the classes of needs that were blocked, open those that a node with news would have.
    3. Whoever has a device kept for it takes it, when it has become free.
    4. By turns: the next claimant's first job with an open need gets the best place for it. Where there is none, its
       whole class is blocked, and stands in nobody's way.
    5. For whoever is still first: make room (`preemption`), or keep room (`keeping`).

A cycle costs what changed, not what there is: blocked classes and nodes without news are not looked at.
"""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.bookkeeping import put_job
from central_server.scheduler.choosing import affinity_of, choose_place
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.effects import Send
from central_server.scheduler.jobs import AttemptRecord, JobRecord
from central_server.scheduler.keeping import drop_stale_reservations, keep_room_for_the_first
from central_server.scheduler.needs import Need
from central_server.scheduler.offers import offer_message
from central_server.scheduler.order import bring_turns_up_to_date, next_with_open_need
from central_server.scheduler.placement import Place, described_choice, refusal
from central_server.scheduler.places import look_again
from central_server.scheduler.preemption import make_room_for_the_urgent
from central_server.scheduler.queue import Standing
from shared.lifecycle import AttemptState, JobState, advance_job


def place_jobs(state: ClusterState) -> None:
    """Offer queued jobs until nothing fits any more."""
    if not state.news:
        return
    state.news.is_due = False
    drop_stale_reservations(state)
    bring_turns_up_to_date(state)
    with_news = _take_news(state)
    _serve_reservations(state, with_news)
    _serve_by_turns(state, with_news)
    make_room_for_the_urgent(state, with_news)
    keep_room_for_the_first(state)


def _take_news(state: ClusterState) -> tuple[str, ...]:
    """Bring the index up to date; return the nodes with news that are open."""
    nodes = [node_id for node_id in sorted(state.news.nodes) if node_id in state.nodes]
    state.news.nodes.clear()
    for node_id in nodes:
        look_again(state, node_id)
    return tuple(node_id for node_id in nodes if state.open_places.of_node(node_id))


def _serve_reservations(state: ClusterState, with_news: tuple[str, ...]) -> None:
    for node_id in with_news:
        kept = state.reservations.of_node(node_id)
        if kept is not None and kept.job_id in state.queue:
            _start_somewhere(state, state.queue.standing(kept.job_id), (node_id,))


def _serve_by_turns(state: ClusterState, with_news: tuple[str, ...]) -> None:
    only_at = _newly_open(state, with_news)
    if not state.open_places:
        state.news.block_all()
    while state.news.open_needs and (first := next_with_open_need(state)) is not None:
        if not _start_somewhere(state, first, only_at.get(first.need)):
            state.news.block(first.need)


def _newly_open(state: ClusterState, with_news: tuple[str, ...]) -> dict[Need, tuple[str, ...]]:
    """Open the blocked classes that a node with news would have; return those nodes, the only ones to ask."""
    only_at: dict[Need, tuple[str, ...]] = {}
    places = [place for node_id in with_news for place in state.open_places.of_node(node_id)]
    for need in state.news.blocked if places else ():
        nodes = tuple(dict.fromkeys(place.node.node_id for place in places if refusal(need, place) is None))
        if nodes:
            only_at[need] = nodes
            state.news.unblock(need)
    return only_at


def _start_somewhere(state: ClusterState, standing: Standing, node_ids: tuple[str, ...] | None) -> bool:
    job, need = state.jobs[standing.entry.job_id], standing.need
    place = choose_place(state, job, need, node_ids)
    if place is None:
        return False
    _offer(state, job, need, place)
    state.reservations.drop(job.job_id)
    state.queue.serve(standing.claimant, state.now.seconds)
    look_again(state, place.node.node_id)
    bring_turns_up_to_date(state)
    return True


def _offer(state: ClusterState, job: JobRecord, need: Need, place: Place) -> None:
    attempt = AttemptRecord(
        number=len(job.attempts) + 1,
        node_id=place.node.node_id,
        device_ids=(place.device.device_id,),
        memory_bytes=need.memory_bytes,
        state=AttemptState.OFFERED,
        offered_at_ms=state.now.unix_ms,
        placement=described_choice(affinity_of(state, job), place),
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
    state.emit(Send(place.node.session_id, offer_message(state, offered, attempt)))
