"""Emptying a node: nothing new comes, what runs may finish until a deadline, and what is left then moves elsewhere.

A drained node stays drained, through restarts of both sides, until somebody says otherwise.
"""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.bookkeeping import live_attempt_of, put_node
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import DrainEnds
from central_server.scheduler.effects import Answer, Note, Refuse
from central_server.scheduler.events import DrainRequested, UndrainRequested
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.stopping import stop_job
from shared.errors import NotFound
from shared.lifecycle import AttemptState


def on_drain(state: ClusterState, event: DrainRequested) -> None:
    """Let a node take nothing new, and move what it runs when the time is up; said again, the time runs anew."""
    node = state.nodes.get(event.node_id)
    if node is None:
        state.emit(Refuse(event.request_id, _no_such_node(event.node_id)))
        return
    draining = replace(node, is_draining=True, drain_seconds=event.within_seconds)
    put_node(state, draining)
    give_time_to_drain(state, draining)
    state.emit(Note("node_draining", (("node", node.node_id), ("within_seconds", event.within_seconds))))
    state.emit(Answer(event.request_id, None))


def on_undrain(state: ClusterState, event: UndrainRequested) -> None:
    """Let a node take work again."""
    node = state.nodes.get(event.node_id)
    if node is None:
        state.emit(Refuse(event.request_id, _no_such_node(event.node_id)))
        return
    put_node(state, replace(node, is_draining=False, drain_seconds=0.0))
    state.deadlines.cancel(DrainEnds(node.node_id))
    state.emit(Answer(event.request_id, None))


def give_time_to_drain(state: ClusterState, node: NodeRecord) -> None:
    """Let the node's attempts run for as long as was said, from now."""
    state.deadlines.set(DrainEnds(node.node_id), state.now.seconds + node.drain_seconds)


def on_drain_ended(state: ClusterState, node_id: str) -> None:
    """Have what still runs save itself and go back to the queue, from where other nodes take it."""
    name = state.nodes[node_id].name
    for key in tuple(state.promises.of_node(node_id)):
        job = state.jobs[key.job_id]
        attempt = live_attempt_of(job)
        if attempt is not None and attempt.state is not AttemptState.STOPPING:
            stop_job(state, job, None, f"{name} is being drained, so it moves to another node")


def _no_such_node(node_id: str) -> NotFound:
    return NotFound(f"there is no node {node_id}; 'cyxwiz nodes' shows those there are", field="node_id")
