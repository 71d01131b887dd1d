"""A node says that it is here and what runs on it: the leases of what it names are renewed, and of nothing else."""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.attempt_reports import abandon
from central_server.scheduler.bookkeeping import renew_lease, show_node
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.effects import Send
from central_server.scheduler.fencing import Standing, standing_of
from central_server.scheduler.nodes import NodeRecord
from shared.node_messages import Heartbeat, HeartbeatAck


def on_heartbeat(state: ClusterState, node: NodeRecord, message: Heartbeat) -> None:
    """Renew what is wanted, abandon what is not, acknowledge."""
    description = replace(node.description, ram_available_bytes=message.ram_available_bytes)
    show_node(state, replace(node, description=description))
    for key in message.attempts:
        if standing_of(state, node.node_id, key) is Standing.CURRENT:
            renew_lease(state, key)
        else:
            abandon(state, node, key)
    state.emit(Send(node.session_id, HeartbeatAck(message.sequence)))
