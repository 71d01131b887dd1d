"""The devices of a node as they stand now, for everybody who compares needs with places."""

from __future__ import annotations

from collections import Counter

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.nodes import NodeRecord, NodeState
from central_server.scheduler.placement import Place


def places_of(state: ClusterState, node: NodeRecord) -> tuple[Place, ...]:
    """Return every device of a node, open or not."""
    promises = state.promises.of_node(node.node_id)
    promised = state.promises.bytes_by_device(node.node_id)
    attempts = Counter(device_id for promise in promises.values() for device_id in promise.device_ids)
    whole = {device_id for promise in promises.values() if promise.is_whole for device_id in promise.device_ids}
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
            attempts_on_device=attempts[device.device_id],
            is_held_whole=device.device_id in whole,
        )
        for device in node.description.devices
    )


def look_again(state: ClusterState, node_id: str) -> None:
    """Bring the index of open places up to date for one node."""
    node = state.nodes[node_id]
    state.open_places.put(node_id, places_of(state, node) if _is_open(state, node) else ())


def _is_open(state: ClusterState, node: NodeRecord) -> bool:
    has_slot = len(state.promises.of_node(node.node_id)) < node.description.slots
    return node.state is NodeState.READY and has_slot
