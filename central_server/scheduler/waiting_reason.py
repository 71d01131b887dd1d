"""Why a queued job is not running, in one sentence, worked out when somebody asks and so always of the moment."""

from __future__ import annotations

from central_server.scheduler.bookkeeping import need_of
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.demands import device_kind_of, has_user_code
from central_server.scheduler.needs import Need
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.placement import refusal, refusal_depth
from central_server.scheduler.plan import places_of
from shared.job_spec import JobSpec
from shared.lifecycle import JobState

_NODES_NAMED = 3


def waiting_reason(state: ClusterState, job_id: str) -> str:
    """Return why the job waits; empty when it does not wait."""
    job = state.jobs.get(job_id)
    if job is None or job.state is not JobState.QUEUED:
        return ""
    if job_id not in state.queue:
        return f"it waits before its next attempt: {job.reason}"
    connected = [node for node in state.nodes.values() if node.session_id]
    if not connected:
        return "no node is connected"
    return _in_line(state, job_id, _refusals(state, need_of(state, job), connected))


def _in_line(state: ClusterState, job_id: str, refusals: list[str]) -> str:
    ahead = state.queue.count_ahead_of(job_id)
    in_line = [f"{ahead} job is ahead of it" if ahead == 1 else f"{ahead} jobs are ahead of it"] if ahead else []
    return "; ".join([*in_line, *_shortened(refusals)]) or "it is about to be placed"


def _refusals(state: ClusterState, need: Need, nodes: list[NodeRecord]) -> list[str]:
    sentences = (refusal_of_node(state, need, node) for node in nodes)
    return [sentence for sentence in sentences if sentence is not None]


def refusal_of_node(state: ClusterState, need: Need, node: NodeRecord) -> str | None:
    """Return why no device of `node` will do, by the device that came furthest; None when one will."""
    places = places_of(state, node)
    if not places:
        return f"{node.name} has no device"
    furthest = max(places, key=lambda place: refusal_depth(need, place))
    return refusal(need, furthest)


def _shortened(sentences: list[str]) -> list[str]:
    more = len(sentences) - _NODES_NAMED
    if more <= 0:
        return sentences
    return [*sentences[:_NODES_NAMED], f"and {more} more {'node' if more == 1 else 'nodes'} cannot take it"]


def refusals_by_node(state: ClusterState, spec: JobSpec, memory_bytes: int) -> dict[str, str]:
    """Return for each connected node why it could not take such a job now; empty text where it could."""
    need = Need(device_kind_of(spec), memory_bytes, runs_user_code=has_user_code(spec))
    connected = [node for node in state.nodes.values() if node.session_id]
    return {node.node_id: refusal_of_node(state, need, node) or "" for node in connected}
