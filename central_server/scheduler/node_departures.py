"""How a session ends: the stream broke, the node broke the protocol, or a newer session took its place.

Nothing that runs ends with it: leases run on, and the node may come back in time.
"""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.bookkeeping import put_node
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.effects import CloseSession, Note
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.plan_requests import refuse_plans_of
from shared.errors import PeerFault


def on_disconnected(state: ClusterState, session_id: str) -> None:
    """Forget a session; one that was replaced or closed is forgotten already."""
    node_id = state.node_by_session.get(session_id)
    if node_id is not None:
        state.emit(Note("node_disconnected", (("node", node_id), ("session", session_id)), is_warning=True))
        _leave(state, state.nodes[node_id])


def close_for_violation(state: ClusterState, node: NodeRecord, sentence: str) -> None:
    """Close the stream of a node that broke the protocol; touch nothing else."""
    close_session(state, node, PeerFault.code, sentence)


def close_session(state: ClusterState, node: NodeRecord, code: str, sentence: str) -> None:
    """Close the node's open stream and say why."""
    fields = (("node", node.node_id), ("session", node.session_id), ("code", code), ("message", sentence))
    state.emit(Note("session_closed", fields, is_warning=True))
    state.emit(CloseSession(node.session_id, code, sentence))
    _leave(state, node)


def _leave(state: ClusterState, node: NodeRecord) -> None:
    state.node_by_session.pop(node.session_id, None)
    refuse_plans_of(state, node)
    put_node(state, replace(node, session_id=""))
