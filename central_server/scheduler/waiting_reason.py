"""Why a queued job is not running, in one sentence, worked out when somebody asks and so always of the moment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from central_server.scheduler.bookkeeping import need_of
from central_server.scheduler.choosing import is_kept_from
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.demands import device_kind_of, has_user_code, is_replica, is_whole_device_wanted
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.needs import Need
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.order import quota_refusal, turn_of
from central_server.scheduler.placement import Place, refusal, refusal_depth
from central_server.scheduler.places import places_of
from shared.job_spec import JobSpec
from shared.lifecycle import JobState

_NODES_NAMED = 3
_JOBS_NAMED = 3


def waiting_reason(state: ClusterState, job_id: str) -> str:
    """Return why the job waits; empty when it does not wait."""
    job = state.jobs.get(job_id)
    if job is None or job.state is not JobState.QUEUED:
        return ""
    if job.waits_for:
        return _comes_after(job)
    if job_id not in state.queue:
        return f"it waits before its next attempt: {job.reason}"
    if over_quota := quota_refusal(state, job.spec.user_id):
        return over_quota
    if not state.node_by_session:
        return "no node is connected"
    return "; ".join([*_in_line(state, job_id), *_refusals(state, job)]) or "it is about to be placed"


def _comes_after(job: JobRecord) -> str:
    named = ", ".join(job.waits_for[:_JOBS_NAMED])
    more = len(job.waits_for) - _JOBS_NAMED
    return f"it comes after {named}{f' and {more} more' if more > 0 else ''}, which must succeed first"


def _in_line(state: ClusterState, job_id: str) -> list[str]:
    ahead = _count_ahead(state, job_id)
    return [f"{ahead} job is ahead of it" if ahead == 1 else f"{ahead} jobs are ahead of it"] if ahead else []


def _count_ahead(state: ClusterState, job_id: str) -> int:
    """Count the jobs whose turn comes first as things stand: other claimants', and its own claimant's earlier ones."""
    standing = state.queue.standing(job_id)
    own = turn_of(state, standing.claimant)
    others = (other for other in state.queue.claimants() if other != standing.claimant)
    before = sum(state.queue.count(other) for other in others if turn_of(state, other) < own)
    return before + state.queue.count_before(standing.claimant, standing.entry)


def _refusals(state: ClusterState, job: JobRecord) -> list[str]:
    """Say why the first nodes refuse and how many others do, without a look at every node of a busy cluster."""
    need = need_of(state, job)
    sentences = (refusal_of_node(state, need, node, job.job_id) for node in _connected(state))
    named = list(islice((sentence for sentence in sentences if sentence is not None), _NODES_NAMED))
    more = len(state.node_by_session) - _count_willing(state, need, job.job_id) - len(named)
    return [*named, f"and {more} more {'node' if more == 1 else 'nodes'} cannot take it"] if more > 0 else named


def _connected(state: ClusterState) -> Iterator[NodeRecord]:
    return (node for node in state.nodes.values() if node.session_id)


def _count_willing(state: ClusterState, need: Need, job_id: str) -> int:
    """Count the nodes that would take the job; only those with an open place can."""
    open_nodes = (state.nodes[node_id] for node_id in state.open_places.node_ids())
    return sum(refusal_of_node(state, need, node, job_id) is None for node in open_nodes)


def refusal_of_node(state: ClusterState, need: Need, node: NodeRecord, job_id: str = "") -> str | None:
    """Return why no device of `node` will do, by the device that came furthest; None when one will."""
    places = places_of(state, node)
    if not places:
        return f"{node.name} has no device"
    fitting = [place for place in places if refusal(need, place) is None]
    if not fitting:
        return refusal(need, max(places, key=lambda place: refusal_depth(need, place)))
    kept = [is_kept_from(state, job_id, place) for place in fitting]
    return _kept_sentence(state, fitting[0]) if all(kept) else None


def _kept_sentence(state: ClusterState, place: Place) -> str:
    kept = state.reservations.of_node(place.node.node_id)
    assert kept is not None, "only what is kept is refused for that"
    return f"{kept.device_id} of {place.node.name} is kept free for {kept.job_id}, whose turn is first"


def refusals_by_node(state: ClusterState, spec: JobSpec, memory_bytes: int) -> dict[str, str]:
    """Return for each connected node why it could not take such a job now; empty text where it could."""
    need = Need(
        device_kind_of(spec),
        memory_bytes,
        runs_user_code=has_user_code(spec),
        is_whole=is_whole_device_wanted(spec),
        is_replica=is_replica(spec),
    )
    return {node.node_id: refusal_of_node(state, need, node) or "" for node in _connected(state)}
