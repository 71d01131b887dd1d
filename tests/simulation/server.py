"""The central server of a simulated world: the real core between an inbox and a store that is a dictionary.

It keeps the control loop's order (decide a batch, commit, carry out) and its way out of trouble (drop the core, close
every session, refuse every caller, build a new one from the store).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from central_server.scheduler import invariants
from central_server.scheduler.cluster import Cluster
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import (
    Answer,
    CloseSession,
    Effect,
    Refuse,
    RemoveJob,
    SaveJob,
    SaveNode,
    Send,
    Write,
)
from central_server.scheduler.events import Event, NodeConnected, NodeDisconnected, NodeSaid, Now, Tick
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.nodes import NodeRecord
from shared.lifecycle import job_has_ended
from shared.node_messages import Hello, NodeMessage
from tests.simulation.clockwork import Clockwork
from tests.simulation.network import Wire

_WALL_CLOCK_START_MS = 1_700_000_000_000


@dataclass(slots=True)
class Store:
    """What survives the server."""

    jobs: dict[str, JobRecord] = field(default_factory=dict)
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    next_sequence: int = 1
    files: set[str] = field(default_factory=set)

    def apply(self, writes: Sequence[Write]) -> None:
        """Make a batch durable."""
        for write in writes:
            match write:
                case SaveJob(job):
                    self.jobs[job.job_id] = job
                    self.next_sequence = max(self.next_sequence, job.sequence + 1)
                case RemoveJob(job_id):
                    self.jobs.pop(job_id, None)
                case SaveNode(node):
                    self.nodes[node.node_id] = node
                case _:
                    pass


class SimulatedServer:
    """One central server process after another on one store."""

    def __init__(
        self,
        clockwork: Clockwork,
        chance: random.Random,
        settings: ClusterSettings,
        *,
        on_commit: Callable[[Sequence[Write]], None],
        on_answer: Callable[[Answer | Refuse], None],
        tell: Callable[[str], None],
    ) -> None:
        self.store = Store()
        self.cluster: Cluster | None = None
        self.is_up = False
        self.store_is_broken = False
        self.wall_clock_step_ms = 0
        self._clockwork = clockwork
        self._chance = chance
        self._settings = settings
        self._on_commit = on_commit
        self._on_answer = on_answer
        self._tell = tell
        self._inbox: list[Event] = []
        self._wires: dict[str, Wire] = {}
        self._sessions = itertools.count(1)
        self._is_committing = False
        self._life = 0

    # ---- life and death

    def start(self) -> None:
        """Begin a process."""
        if not self.is_up:
            self.is_up = True
            self._life += 1
            self._rebuild()

    def crash(self) -> None:
        """Kill the process: what was not committed is gone; a commit under way may have been durable."""
        if self.is_up:
            self.is_up = False
            self._life += 1
            self._drop_core()

    def _drop_core(self) -> None:
        self.cluster = None
        self._is_committing = False
        self._inbox.clear()
        wires, self._wires = self._wires, {}
        for wire in wires.values():
            wire.cut()

    def _rebuild(self) -> None:
        if self.store_is_broken:
            self._later(0.5, self._rebuild)
            return
        live = [job for job in self.store.jobs.values() if not job_has_ended(job.state)]
        ended = [job for job in self.store.jobs.values() if job_has_ended(job.state)]
        self.cluster = Cluster(
            self._settings,
            now=self._now(),
            jobs=live,
            nodes=self.store.nodes.values(),
            next_sequence=self.store.next_sequence,
            recently_ended=ended,
        )
        self._work()

    # ---- what comes in

    def ask(self, event: Event) -> bool:
        """Give a person's request to the core; False when nobody is there to take it."""
        if self.cluster is None:
            return False
        self._take(event)
        return True

    def open(self, wire: Wire) -> None:
        """Know a stream whose first message comes."""
        self._wires[wire.session_id] = wire

    def new_session_id(self, node_id: str) -> str:
        """Return a name for a stream."""
        return f"{node_id}/{next(self._sessions)}"

    def hear(self, session_id: str, message: NodeMessage) -> None:
        """Take a word from a stream."""
        if session_id in self._wires:
            hello = message if isinstance(message, Hello) else None
            self._take(NodeConnected(session_id, hello) if hello else NodeSaid(session_id, message))

    def lost(self, session_id: str) -> None:
        """A stream has ended."""
        if self._wires.pop(session_id, None) is not None:
            self._take(NodeDisconnected(session_id))

    def _take(self, event: Event) -> None:
        if self.cluster is not None:
            self._inbox.append(event)
            self._later(0.0, self._work)

    # ---- one round

    def _work(self) -> None:
        if self.cluster is None or self._is_committing:
            return
        effects = self._decide(self.cluster)
        writes = [effect for effect in effects if isinstance(effect, Write)]
        if writes:
            self._is_committing = True
            life, cluster = self._life, self.cluster
            took_seconds = self._chance.uniform(0.001, 0.02)
            self._clockwork.after(took_seconds, lambda: self._commit(life, cluster, writes, effects))
        else:
            self._carry_out(effects)

    def _decide(self, cluster: Cluster) -> list[Effect]:
        now, effects = self._now(), []
        events, self._inbox = self._inbox, []
        for event in events:
            effects += cluster.handle(event, now)
            invariants.check(cluster)
        due = cluster.next_deadline_seconds()
        if due is not None and due <= now.seconds:
            effects += cluster.handle(Tick(), now)
        effects += cluster.plan(now)
        invariants.check(cluster)
        invariants.check_capacity(cluster)
        return effects

    def _commit(self, life: int, cluster: Cluster, writes: Sequence[Write], effects: Sequence[Effect]) -> None:
        is_alive = life == self._life and self.cluster is cluster
        # Of a process that was killed, or a disk that failed, nobody knows whether the last commit counts.
        if (is_alive and not self.store_is_broken) or self._chance.random() < 0.5:
            self._on_commit(writes)
            self.store.apply(writes)
        if not is_alive:
            return
        self._is_committing = False
        if self.store_is_broken:
            self._tell("the server drops its core: the store does not answer")
            self._drop_core()
            self._later(0.2, self._rebuild)
            return
        self._carry_out(effects)
        self._work_or_wait()

    def _carry_out(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(session_id, message) if session_id in self._wires:
                    self._wires[session_id].send_down(message)
                case CloseSession(session_id):
                    self.close(session_id)
                case Answer() | Refuse():
                    self._on_answer(effect)
                case _:
                    pass
        if not self._is_committing:
            self._wait()

    def close(self, session_id: str) -> None:
        """End a stream from this side."""
        if (wire := self._wires.get(session_id)) is not None:
            wire.cut()

    def _work_or_wait(self) -> None:
        if self._inbox:
            self._later(0.0, self._work)
        self._wait()

    def _wait(self) -> None:
        due = self.cluster.next_deadline_seconds() if self.cluster else None
        if due is not None:
            self._later(due - self._clockwork.seconds + 0.001, self._work_if_due)

    def _work_if_due(self) -> None:
        due = self.cluster.next_deadline_seconds() if self.cluster else None
        if due is not None and due <= self._clockwork.seconds:
            self._work()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        life = self._life
        self._clockwork.after(seconds, lambda: action() if life == self._life else None)

    def _now(self) -> Now:
        seconds = self._clockwork.seconds
        return Now(seconds, _WALL_CLOCK_START_MS + round(seconds * 1000) + self.wall_clock_step_ms)
