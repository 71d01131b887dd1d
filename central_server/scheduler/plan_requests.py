"""Asking a node's compiler what a job would need, on behalf of a waiting caller. Nothing is stored or reserved."""

from __future__ import annotations

from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import PlanExpires
from central_server.scheduler.demands import device_kind_of, has_user_code
from central_server.scheduler.effects import Answer, Note, Refuse, Send
from central_server.scheduler.events import PlanRequested
from central_server.scheduler.nodes import NodeRecord, NodeState
from shared.errors import MachineFailure, WrongState
from shared.job_spec import JobSpec
from shared.node_messages import PlanAnswer, PlanRequest


def on_plan_requested(state: ClusterState, event: PlanRequested) -> None:
    """Ask the least busy ready node that has such a device."""
    node = _least_busy_node(state, event.spec)
    if node is None:
        state.emit(Refuse(event.request_id, WrongState(_nobody_plans(event.spec))))
        return
    state.plan_sessions[event.request_id] = node.session_id
    due = state.now.seconds + state.settings.plan_timeout_seconds
    state.deadlines.set(PlanExpires(event.request_id), due)
    state.emit(Send(node.session_id, PlanRequest(event.request_id, event.spec)))


def on_plan_answer(state: ClusterState, node: NodeRecord, message: PlanAnswer) -> None:
    """Answer the caller; an answer that nobody waits for is dropped."""
    if state.plan_sessions.get(message.request_id) != node.session_id:
        state.emit(Note("late_plan_dropped", (("node", node.node_id), ("request", message.request_id))))
        return
    _forget(state, message.request_id)
    state.emit(Answer(message.request_id, message))


def on_plan_expired(state: ClusterState, request_id: str) -> None:
    """Tell the caller that the node took too long."""
    seconds = state.settings.plan_timeout_seconds
    _refuse(state, request_id, f"the node did not answer within {seconds:g} s; try again")


def refuse_plans_of(state: ClusterState, node: NodeRecord) -> None:
    """Tell the callers that wait for this node that it is gone."""
    waiting = [request for request, session in state.plan_sessions.items() if session == node.session_id]
    for request_id in waiting:
        _refuse(state, request_id, f"node {node.name} was disconnected before it answered; try again")


def _least_busy_node(state: ClusterState, spec: JobSpec) -> NodeRecord | None:
    ready = [node for node in state.nodes.values() if node.state is NodeState.READY and _could_plan(node, spec)]
    return min(ready, key=lambda node: len(state.promises.of_node(node.node_id)), default=None)


def _nobody_plans(spec: JobSpec) -> str:
    if has_user_code(spec):
        return (
            "no node with such a device that runs users' own models (--allow-user-code) is connected and ready to plan"
        )
    return "no node with such a device is connected and ready to plan"


def _could_plan(node: NodeRecord, spec: JobSpec) -> bool:
    if has_user_code(spec) and not node.description.allows_user_code:
        return False
    wanted = device_kind_of(spec)
    return any(wanted in {None, device.kind} for device in node.description.devices)


def _refuse(state: ClusterState, request_id: str, sentence: str) -> None:
    _forget(state, request_id)
    state.emit(Refuse(request_id, MachineFailure(sentence)))


def _forget(state: ClusterState, request_id: str) -> None:
    del state.plan_sessions[request_id]
    state.deadlines.cancel(PlanExpires(request_id))
