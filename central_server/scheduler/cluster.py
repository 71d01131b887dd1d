"""The cluster: events go in, effects come out. This file only sends each event to the module that decides.

Pure: time is an argument, nothing waits, nothing is read or written. One owner (the control loop) calls it. An
exception that comes out of it is a bug of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never

from central_server.scheduler.attempt_ends import on_attempt_ended
from central_server.scheduler.attempt_reports import on_attempt_report
from central_server.scheduler.bookkeeping import index_job
from central_server.scheduler.checkpoints import on_checkpoint_stored
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.cluster_state import ClusterState
from central_server.scheduler.dependencies import settle_dependents
from central_server.scheduler.draining import give_time_to_drain, on_drain, on_undrain
from central_server.scheduler.effects import CloseSession, Effect, Note
from central_server.scheduler.events import (
    CancelRequested,
    DeleteRequested,
    DrainRequested,
    Event,
    ExpiryRequested,
    NodeConnected,
    NodeDisconnected,
    NodeSaid,
    Now,
    PauseRequested,
    PlanRequested,
    ResumeRequested,
    SubmitRequested,
    Tick,
    UndrainRequested,
)
from central_server.scheduler.expiries import on_tick
from central_server.scheduler.forgetting import on_expiry
from central_server.scheduler.heartbeats import on_heartbeat
from central_server.scheduler.job_requests import on_cancel, on_delete, on_pause, on_resume, on_submit
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.node_departures import on_disconnected
from central_server.scheduler.node_sessions import on_connected, on_node_changed, on_second_hello
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.plan import place_jobs
from central_server.scheduler.plan_requests import on_plan_answer, on_plan_requested
from central_server.scheduler.recently_ended import RecentlyEnded
from central_server.scheduler.waiting_reason import refusals_by_node, waiting_reason
from shared.errors import PeerFault
from shared.identifiers import AttemptKey
from shared.job_spec import JobSpec
from shared.lifecycle import job_has_ended
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    CheckpointStored,
    Heartbeat,
    Hello,
    NodeChanged,
    NodeMessage,
    PlanAnswer,
)


class Cluster:
    """Every decision of the central server.

    A new one is made from the store at start: queued jobs wait, paused ones stay, every unfinished attempt gets one
    full lease, no node is connected. Ended jobs are not needed, except as `recently_ended` after a rebuild in a running
    server.
    """

    def __init__(
        self,
        settings: ClusterSettings,
        *,
        now: Now,
        jobs: Iterable[JobRecord] = (),
        nodes: Iterable[NodeRecord] = (),
        next_sequence: int = 1,
        recently_ended: Iterable[JobRecord] = (),
        device_seconds: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        ended = RecentlyEnded(settings.recently_ended_jobs, settings.recently_ended_bytes)
        self._state = ClusterState(settings, now, ended, next_sequence)
        self._state.fair_share.begin_with(device_seconds, now.seconds)
        for record in recently_ended:
            ended.put(record)
        for node in nodes:
            self._state.nodes[node.node_id] = replace(node, session_id="", last_seen_seconds=now.seconds)
            if node.is_draining:
                give_time_to_drain(self._state, node)
        for job in jobs:
            self._take_up(job)
        self._state.take_effects()

    @property
    def state(self) -> ClusterState:
        """Everything held, for `invariants` and for tests; nobody else reads or changes it."""
        return self._state

    def handle(self, event: Event, now: Now) -> list[Effect]:
        """Take one event and return what is to be done because of it."""
        self._state.now = now
        self._dispatch(event)
        settle_dependents(self._state)
        return self._state.take_effects()

    def plan(self, now: Now) -> list[Effect]:
        """Place what can be placed; called once after each batch of events."""
        self._state.now = now
        place_jobs(self._state)
        return self._state.take_effects()

    def next_deadline_seconds(self) -> float | None:
        """Return the monotonic second at which a `Tick` is due, None when nothing is pending."""
        return self._state.deadlines.next_seconds()

    def waiting_reason(self, job_id: str) -> str:
        """Return why a queued job is not running at this moment; empty for any other."""
        return waiting_reason(self._state, job_id)

    def refusals(self, spec: JobSpec, memory_bytes: int) -> Mapping[str, str]:
        """Return why such a job could not start now, by node id; empty text where it could. For `PlanJob`."""
        return refusals_by_node(self._state, spec, memory_bytes)

    def promised_bytes(self, node_id: str) -> Mapping[str, int]:
        """Return the bytes promised on each device of a node; devices without a promise are left out."""
        return self._state.promises.bytes_by_device(node_id)

    def running_attempts(self, node_id: str) -> tuple[AttemptKey, ...]:
        """Return the attempts that hold devices of a node."""
        return tuple(self._state.promises.of_node(node_id))

    def job(self, job_id: str) -> JobRecord | None:
        """Return a live job."""
        return self._state.jobs.get(job_id)

    def jobs(self) -> Iterator[JobRecord]:
        """Yield the live jobs."""
        yield from self._state.jobs.values()

    def nodes(self) -> Iterator[NodeRecord]:
        """Yield every node ever seen, connected or not."""
        yield from self._state.nodes.values()

    def _take_up(self, job: JobRecord) -> None:
        assert not job_has_ended(job.state), f"job {job.job_id} has ended and has no place in the core"
        waited_seconds = max(0, self._state.now.unix_ms - job.submitted_at_ms) / 1000
        index_job(self._state, job, self._state.now.seconds - waited_seconds)
        self._state.next_sequence = max(self._state.next_sequence, job.sequence + 1)

    def _dispatch(self, event: Event) -> None:  # noqa: C901, PLR0912 - one line for each kind of event
        state = self._state
        match event:
            case SubmitRequested():
                on_submit(state, event)
            case CancelRequested():
                on_cancel(state, event)
            case PauseRequested():
                on_pause(state, event)
            case ResumeRequested():
                on_resume(state, event)
            case DeleteRequested():
                on_delete(state, event)
            case ExpiryRequested():
                on_expiry(state, event)
            case PlanRequested():
                on_plan_requested(state, event)
            case DrainRequested():
                on_drain(state, event)
            case UndrainRequested():
                on_undrain(state, event)
            case NodeConnected(session_id, hello):
                on_connected(state, session_id, hello)
            case NodeDisconnected(session_id):
                on_disconnected(state, session_id)
            case NodeSaid(session_id, message):
                _on_said(state, session_id, message)
            case Tick():
                on_tick(state)
            case _:
                assert_never(event)


def _on_said(state: ClusterState, session_id: str, message: NodeMessage) -> None:
    """Take a word from a node; one from a stream that is not its newest is dropped."""
    node_id = state.node_by_session.get(session_id)
    if node_id is None:
        state.emit(Note("stray_message_dropped", (("session", session_id), ("message", type(message).__name__))))
        state.emit(
            CloseSession(session_id, PeerFault.code, "this stream has not said Hello, or a newer one took its place")
        )
        return
    seen = replace(state.nodes[node_id], last_seen_seconds=state.now.seconds, last_seen_ms=state.now.unix_ms)
    state.nodes[node_id] = seen
    _dispatch_message(state, seen, message)


def _dispatch_message(state: ClusterState, node: NodeRecord, message: NodeMessage) -> None:
    match message:
        case Heartbeat():
            on_heartbeat(state, node, message)
        case AttemptReport():
            on_attempt_report(state, node, message)
        case AttemptEnded():
            on_attempt_ended(state, node, message)
        case CheckpointStored():
            on_checkpoint_stored(state, node, message)
        case NodeChanged():
            on_node_changed(state, node, message)
        case PlanAnswer():
            on_plan_answer(state, node, message)
        case Hello():
            on_second_hello(state, node)
        case _:
            assert_never(message)
