"""A node says Hello, or changes: who it is, what it holds, and what becomes of each attempt it holds.

The newest session of a node's process is the node; an older one is closed. Another process that says it is the same
node has to wait until the one that is connected has gone, or has been silent for some heartbeats. A node names every
attempt whose end was not acknowledged. What it had confirmed and does not name is lost; what it had never confirmed is
offered again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from central_server.scheduler.aftermath import AttemptEnd
from central_server.scheduler.attempt_ends import end_attempt, stop_avoiding
from central_server.scheduler.attempt_reports import take_report
from central_server.scheduler.bookkeeping import live_attempt_of, put_job, put_node, renew_lease
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.deadlines import RetryDue
from central_server.scheduler.effects import CloseSession, Note, Send
from central_server.scheduler.fencing import Standing, standing_of
from central_server.scheduler.jobs import AttemptRecord, JobRecord
from central_server.scheduler.node_departures import close_for_violation, close_session
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.offers import offer_message
from central_server.scheduler.stopping import repeat_stop
from shared.errors import PeerFault
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, JobState
from shared.node_messages import (
    PROTOCOL_VERSION,
    AttemptReport,
    HeldAttempt,
    HeldState,
    HeldVerdict,
    Hello,
    NodeChanged,
    Verdict,
    Welcome,
)

REPLACED_CODE = "session_replaced"
"""The same node has opened a newer stream."""
NODE_ID_TAKEN_CODE = "node_id_taken"
"""Another process of that node's id is connected and is heard from."""
SILENT_BEATS = 3.0
"""After so many heartbeats that did not come, a node's process may be dead and its stream half-open."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a Hello is not welcome."""

    code: str
    sentence: str


def on_connected(state: ClusterState, session_id: str, hello: Hello) -> None:
    """Welcome a node, with a verdict for each attempt it holds."""
    if (refusal := _broken_rule(state, session_id, hello) or _rival(state, hello)) is not None:
        state.emit(Note("hello_refused", (("node", hello.node_id), ("message", refusal.sentence)), is_warning=True))
        state.emit(CloseSession(session_id, refusal.code, refusal.sentence))
        return
    _close_older_session(state, hello.node_id)
    node = _arrive(state, session_id, hello)
    verdicts = tuple(HeldVerdict(held.key, _verdict_on(state, node, held)) for held in hello.held)
    state.emit(Send(session_id, _welcome(state, session_id, verdicts)))
    _catch_up(state, node, hello)
    _forget_avoidances(state, node.node_id)


def on_node_changed(state: ClusterState, node: NodeRecord, message: NodeChanged) -> None:
    """Take the node's new description."""
    put_node(state, replace(node, description=message.description))
    _forget_avoidances(state, node.node_id)
    if message.description.is_ready:
        _wake_jobs_saved_on(state, node.node_id)


def on_second_hello(state: ClusterState, node: NodeRecord) -> None:
    """Close a stream that introduces itself twice."""
    close_for_violation(state, node, "Hello is the first message of a stream and comes once")


def _broken_rule(state: ClusterState, session_id: str, hello: Hello) -> _Refusal | None:
    if hello.protocol_version != PROTOCOL_VERSION:
        return _Refusal(
            PeerFault.code,
            f"this server speaks version {PROTOCOL_VERSION} of the protocol and the node {hello.protocol_version}; "
            "install the same release on both",
        )
    if session_id in state.node_by_session:
        return _Refusal(PeerFault.code, "Hello is the first message of a stream and comes once")
    return None if hello.node_id else _Refusal(PeerFault.code, "a Hello must name its node_id, got an empty one")


def _rival(state: ClusterState, hello: Hello) -> _Refusal | None:
    """Two processes under one id would take each other's stream for ever; the one that is here stays."""
    node = state.nodes.get(hello.node_id)
    if node is None or not node.session_id or node.process_id == hello.process_id:
        return None
    silent_seconds = state.now.seconds - node.last_seen_seconds
    patience_seconds = SILENT_BEATS * state.settings.heartbeat_seconds
    if silent_seconds > patience_seconds:
        return None
    return _Refusal(
        NODE_ID_TAKEN_CODE,
        f"another process is connected as node {hello.node_id}; give this one a state directory of its own, or wait: "
        f"if the other is dead, its id is free within {patience_seconds:g} s",
    )


def _close_older_session(state: ClusterState, node_id: str) -> None:
    node = state.nodes.get(node_id)
    if node is not None and node.session_id:
        close_session(state, node, REPLACED_CODE, f"node {node.name} has opened a newer stream")


def _arrive(state: ClusterState, session_id: str, hello: Hello) -> NodeRecord:
    blank = NodeRecord(hello.node_id, hello.name, hello.description)
    node = replace(
        state.nodes.get(hello.node_id, blank),
        name=hello.name,
        description=hello.description,
        session_id=session_id,
        process_id=hello.process_id,
        last_seen_seconds=state.now.seconds,
        last_seen_ms=state.now.unix_ms,
    )
    if state.nodes.get(hello.node_id, blank).process_id != hello.process_id:
        state.holdings.forget_process(hello.node_id)
    state.node_by_session[session_id] = node.node_id
    put_node(state, node)
    fields = (("node", node.node_id), ("session", session_id), ("held", len(hello.held)))
    state.emit(Note("node_connected", fields))
    return node


def _verdict_on(state: ClusterState, node: NodeRecord, held: HeldAttempt) -> Verdict:
    is_current = standing_of(state, node.node_id, held.key) is Standing.CURRENT
    match held.state:
        case HeldState.INTERRUPTED:
            if is_current:
                _end_interrupted(state, node, state.jobs[held.key.job_id])
            return Verdict.FORGET
        case HeldState.STARTING | HeldState.RUNNING | HeldState.STOPPING:
            return Verdict.KEEP if is_current else Verdict.STOP
        case _:
            assert_never(held.state)


def _end_interrupted(state: ClusterState, node: NodeRecord, job: JobRecord) -> None:
    """The node will be ready again in a moment and has the checkpoint: it is worth waiting for."""
    end = AttemptEnd(
        AttemptState.LOST,
        reason=f"the process of {node.name} died",
        checkpoint_node_id=node.node_id,
        rest_seconds=0.0 if node.description.is_ready else state.settings.warm_up_seconds,
    )
    end_attempt(state, job, end)


def _welcome(state: ClusterState, session_id: str, verdicts: tuple[HeldVerdict, ...]) -> Welcome:
    settings = state.settings
    return Welcome(session_id, settings.lease_seconds, settings.heartbeat_seconds, verdicts)


def _catch_up(state: ClusterState, node: NodeRecord, hello: Hello) -> None:
    """Say again what an earlier stream may have lost: offers and stops."""
    held = {held.key: held for held in hello.held}
    for key in tuple(state.promises.of_node(node.node_id)):
        job = state.jobs[key.job_id]
        attempt = live_attempt_of(job)
        assert attempt is not None
        if key in held:
            _reattach(state, node, held[key])
        elif attempt.started_at_ms:
            end_attempt(state, job, AttemptEnd(AttemptState.LOST, f"{node.name} no longer knows of it"))
            continue
        else:
            _offer_again(state, node, job, attempt)
        if state.jobs[key.job_id].state is JobState.STOPPING:
            repeat_stop(state, state.jobs[key.job_id])


def _reattach(state: ClusterState, node: NodeRecord, held: HeldAttempt) -> None:
    renew_lease(state, held.key)
    if held.state is not HeldState.STOPPING:
        report = AttemptReport(held.key, AttemptState(held.state), held.memory_bytes)
        take_report(state, node, report)


def _offer_again(state: ClusterState, node: NodeRecord, job: JobRecord, attempt: AttemptRecord) -> None:
    renew_lease(state, AttemptKey(job.job_id, attempt.number))
    state.emit(Send(node.session_id, offer_message(state, job, attempt)))


def _wake_jobs_saved_on(state: ClusterState, node_id: str) -> None:
    """Their checkpoint's node is ready: no need to wait any longer."""
    for job in tuple(state.jobs.values()):
        if job.checkpoint_node_id == node_id and RetryDue(job.job_id) in state.deadlines:
            put_job(state, replace(job, wait_until_ms=0))


def _forget_avoidances(state: ClusterState, node_id: str) -> None:
    for job_id in state.avoidances.jobs_avoiding(node_id):
        stop_avoiding(state, job_id, node_id)
