"""Drives a Cluster as the control loop does, with a clock of its own and a store that is a dictionary.

Every call handles one event, plans, holds the invariants, keeps the writes and returns the effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from central_server.scheduler import invariants
from central_server.scheduler.cluster import Cluster
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import Effect, RemoveJob, SaveJob, SaveNode, Send
from central_server.scheduler.events import (
    CancelRequested,
    DeleteRequested,
    DrainRequested,
    Event,
    NodeConnected,
    NodeDisconnected,
    NodeSaid,
    Now,
    PauseRequested,
    ResumeRequested,
    SubmitRequested,
    Tick,
    UndrainRequested,
)
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.nodes import NodeRecord
from shared.identifiers import AttemptKey
from shared.job_spec import JobSpec, content_digest
from shared.lifecycle import AttemptState, JobState, job_has_ended
from shared.node_messages import AttemptReport, Heartbeat, HeldAttempt, HeldState, NodeMessage, Outcome, ServerMessage
from tests.builders import a_hello, a_moment, a_spec, an_end


@dataclass(slots=True)
class ClusterDriver:
    """A cluster, its clock and its store; sessions are named after their nodes."""

    settings: ClusterSettings = field(default_factory=ClusterSettings)
    seconds: float = 0.0
    wall_clock_step_ms: int = 0
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    cluster: Cluster = field(init=False)
    sessions: dict[str, str] = field(default_factory=dict)
    counted: int = 0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Throw the core away and build one from the store."""
        live = [job for job in self.jobs.values() if not job_has_ended(job.state)]
        latest = max((job.sequence for job in self.jobs.values()), default=0)
        self.sessions.clear()
        self.cluster = Cluster(
            self.settings,
            now=self._now(),
            jobs=live,
            nodes=self.nodes.values(),
            next_sequence=latest + 1,
        )
        invariants.check(self.cluster)

    def feed(self, *events: Event) -> list[Effect]:
        """Handle a batch of events, plan once, and keep the writes."""
        now = self._now()
        effects: list[Effect] = []
        for event in events:
            effects += self.cluster.handle(event, now)
            invariants.check(self.cluster)
        effects += self.cluster.plan(now)
        invariants.check(self.cluster)
        self._keep(effects)
        return effects

    def _keep(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case SaveJob(job):
                    self.jobs[job.job_id] = job
                case RemoveJob(job_id):
                    self.jobs.pop(job_id, None)
                case SaveNode(node):
                    self.nodes[node.node_id] = node
                case _:
                    pass

    # ---- people

    def submit(self, job_id: str = "job", spec: JobSpec | None = None, **fields: Any) -> list[Effect]:
        spec = spec or a_spec(**fields)
        succeeded = {name for name in spec.after if name in self.jobs and self.jobs[name].state is JobState.SUCCEEDED}
        event = SubmitRequested(self._request(), job_id, spec, content_digest(spec), frozenset(succeeded))
        return self.feed(event)

    def cancel(self, job_id: str = "job", reason: str = "") -> list[Effect]:
        return self.feed(CancelRequested(self._request(), job_id, reason))

    def pause(self, job_id: str = "job") -> list[Effect]:
        return self.feed(PauseRequested(self._request(), job_id))

    def resume(self, job_id: str = "job") -> list[Effect]:
        return self.feed(ResumeRequested(self._request(), job_id))

    def delete(self, job_id: str = "job") -> list[Effect]:
        return self.feed(DeleteRequested(self._request(), job_id))

    # ---- operators

    def drain(self, node_id: str = "a", *, within_seconds: float = 0.0) -> list[Effect]:
        return self.feed(DrainRequested(self._request(), node_id, within_seconds))

    def undrain(self, node_id: str = "a") -> list[Effect]:
        return self.feed(UndrainRequested(self._request(), node_id))

    # ---- nodes

    def connect(self, node_id: str = "a", **fields: Any) -> list[Effect]:
        self.counted += 1
        self.sessions[node_id] = f"{node_id}/{self.counted}"
        return self.feed(NodeConnected(self.sessions[node_id], a_hello(node_id, **fields)))

    def disconnect(self, node_id: str = "a") -> list[Effect]:
        return self.feed(NodeDisconnected(self.sessions.pop(node_id)))

    def say(self, message: NodeMessage, node_id: str = "a") -> list[Effect]:
        return self.feed(NodeSaid(self.sessions[node_id], message))

    def heartbeat(self, *keys: AttemptKey, node_id: str = "a") -> list[Effect]:
        self.counted += 1
        return self.say(Heartbeat(self.counted, keys, ram_available_bytes=1), node_id)

    def report(
        self, key: AttemptKey, state: AttemptState = AttemptState.RUNNING, *, node_id: str = "a", **fields: Any
    ) -> list[Effect]:
        return self.say(AttemptReport(key, state, **fields), node_id)

    def end(
        self, key: AttemptKey, outcome: Outcome = Outcome.SUCCEEDED, *, node_id: str = "a", **fields: Any
    ) -> list[Effect]:
        return self.say(an_end(key, outcome, **fields), node_id)

    # ---- time

    def wait(self, seconds: float) -> list[Effect]:
        """Let time pass, waking at each deadline as the loop does."""
        until = self.seconds + seconds
        effects: list[Effect] = []
        while (due := self.cluster.next_deadline_seconds()) is not None and due <= until:
            self.seconds = max(self.seconds, due)
            effects += self.feed(Tick())
        self.seconds = until
        return effects

    def _now(self) -> Now:
        moment = a_moment(self.seconds)
        return replace(moment, unix_ms=moment.unix_ms + self.wall_clock_step_ms)

    def _request(self) -> str:
        self.counted += 1
        return f"request-{self.counted}"

    # ---- what a test asks

    def job(self, job_id: str = "job") -> JobRecord:
        """Return the job as it is stored."""
        return self.jobs[job_id]


def key_of(job_id: str = "job", number: int = 1) -> AttemptKey:
    """Return an attempt's key."""
    return AttemptKey(job_id, number)


def held(key: AttemptKey, state: HeldState = HeldState.RUNNING, memory_bytes: int = 0) -> HeldAttempt:
    """Return what a node says of an attempt when it connects."""
    return HeldAttempt(key, state, memory_bytes)


def sent(effects: Sequence[Effect]) -> list[ServerMessage]:
    """Return what goes to nodes."""
    return [effect.message for effect in effects if isinstance(effect, Send)]
