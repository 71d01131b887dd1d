"""A node of a simulated world: the real core, a journal and a disk that survive, threads and links that do not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from server_node.attempts.book import NodeIdentity
from server_node.attempts.events import (
    AttemptMoved,
    AttemptStopped,
    EndDeliverable,
    Event,
    LinkClosed,
    LinkOpened,
    MessageArrived,
    Ticked,
)
from server_node.attempts.instructions import (
    CloseLink,
    DeliverEnd,
    DropCheckpoint,
    DropResult,
    Instruction,
    RecordBegun,
    RecordEnded,
    RecordForgotten,
    Send,
    StartAttempt,
    StopRunning,
)
from server_node.attempts.node_state import NodeState
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import (
    AttemptEnded,
    NodeDescription,
    OfferAttempt,
    Outcome,
    ResultFile,
    StopAttempt,
    StopMode,
)
from tests.simulation.clockwork import Clockwork
from tests.simulation.network import Wire
from tests.simulation.server import SimulatedServer
from tests.simulation.training import Weights

CHECKPOINT_STEPS = 5


@dataclass(slots=True)
class Disk:
    """What survives the node's process."""

    interrupted: dict[AttemptKey, None] = field(default_factory=dict)
    unacknowledged: dict[AttemptKey, AttemptEnded] = field(default_factory=dict)
    checkpoints: dict[str, Weights] = field(default_factory=dict)
    results: dict[AttemptKey, Weights] = field(default_factory=dict)

    def write(self, step: Instruction) -> None:
        """Journal a record; anything else is passed over."""
        match step:
            case RecordBegun(key):
                self.interrupted[key] = None
            case RecordEnded(ended):
                self.interrupted.pop(ended.key, None)
                self.unacknowledged[ended.key] = ended
            case RecordForgotten(key):
                self.interrupted.pop(key, None)
                self.unacknowledged.pop(key, None)
            case _:
                pass


@dataclass(slots=True, eq=False)
class _Thread:
    """One attempt that computes."""

    offer: OfferAttempt
    weights: Weights
    mode: StopMode | None = None
    is_stopping: bool = False


class SimulatedNode:
    """One node process after another on one disk."""

    def __init__(
        self,
        node_id: str,
        description: NodeDescription,
        clockwork: Clockwork,
        chance: random.Random,
        server: SimulatedServer,
    ) -> None:
        self.node_id = node_id
        self.disk = Disk()
        self.state: NodeState | None = None
        self.threads: dict[AttemptKey, _Thread] = {}
        self.wire: Wire | None = None
        self.slowness_seconds = 0.05
        self.successes: dict[AttemptKey, float] = {}
        self.cancels_heard: dict[AttemptKey, float] = {}
        self._description = description
        self._clockwork = clockwork
        self._chance = chance
        self._server = server
        self._links = 0
        self._life = 0
        self._frozen_until = 0.0
        self._tick_at = float("inf")

    # ---- life and death

    def start(self) -> None:
        """Begin a process on what the disk has."""
        if self.state is not None:
            return
        self._life += 1
        self.state = NodeState(
            NodeIdentity(self.node_id, self.node_id, f"{self.node_id} process {self._life}"),
            self._description,
            interrupted=tuple(self.disk.interrupted),
            unacknowledged=tuple(self.disk.unacknowledged.values()),
        )
        self._obey(self.state.begin())
        self._later(self._chance.uniform(0.0, 1.0), self._dial)

    def crash(self) -> None:
        """Kill the process."""
        if self.state is None:
            return
        self._life += 1
        self.state = None
        self.threads.clear()
        self._tick_at = float("inf")
        if self.wire is not None:
            self.wire.cut()
        self.wire = None

    def freeze(self, seconds: float) -> None:
        """Stop the process for a while, as SIGSTOP does; time goes on."""
        self._frozen_until = self._clockwork.seconds + seconds

    # ---- the link

    def _dial(self) -> None:
        if self.wire is not None and self.wire.is_open:
            return
        if self._server.cluster is None:
            self._later(self._chance.uniform(0.2, 1.0), self._dial)
            return
        self._links += 1
        link, life = self._links, self._life
        session_id = self._server.new_session_id(self.node_id)
        self.wire = Wire(
            self._clockwork,
            random.Random(f"{self._chance.random()}"),
            session_id,
            link,
            to_server=lambda message: self._server.hear(session_id, message),
            to_node=lambda message: self._happened(life, MessageArrived(link, message)),
            at_server_end=lambda: self._server.lost(session_id),
            at_node_end=lambda: self._link_ended(life, link),
            slowness_seconds=self.slowness_seconds,
        )
        self._server.open(self.wire)
        self._handle(LinkOpened(link))

    def _link_ended(self, life: int, link: int) -> None:
        if life == self._life and self.state is not None:
            self._happened(life, LinkClosed(link, "cut"))
            self._later(self._chance.uniform(0.1, 1.0), self._dial)

    # ---- the core

    def _happened(self, life: int, event: Event) -> None:
        if life != self._life:
            return
        if self._clockwork.seconds < self._frozen_until:
            self._clockwork.after(self._frozen_until - self._clockwork.seconds, lambda: self._happened(life, event))
            return
        self._note(event)
        self._handle(event)

    def _handle(self, event: Event) -> None:
        assert self.state is not None
        now = self._clockwork.seconds
        steps = self.state.handle(event, now)
        if self.state.next_deadline_seconds() <= now:
            steps += self.state.handle(Ticked(1), now)
        self._obey(steps)
        self._wait()

    def _wait(self) -> None:
        assert self.state is not None
        due = self.state.next_deadline_seconds()
        if due < self._tick_at and due != float("inf"):
            self._tick_at = due
            self._later(due - self._clockwork.seconds + 0.001, self._tick)

    def _tick(self) -> None:
        self._tick_at = float("inf")
        if self.state is not None:
            self._handle(Ticked(1))

    def _note(self, event: Event) -> None:
        match event:
            case MessageArrived(_, StopAttempt(key, StopMode.CANCEL)):
                self.cancels_heard.setdefault(key, self._clockwork.seconds)
            case _:
                pass

    def _obey(self, steps: list[Instruction]) -> None:
        for step in steps:
            self.disk.write(step)
            if isinstance(step, RecordEnded) and step.ended.outcome is Outcome.SUCCEEDED:
                self.successes.setdefault(step.ended.key, self._clockwork.seconds)
        for step in steps:
            self._do(step)

    def _do(self, step: Instruction) -> None:
        match step:
            case Send(link, message):
                if self.wire is not None and self.wire.link == link:
                    self.wire.send_up(message)
            case CloseLink(link):
                if self.wire is not None and self.wire.link == link:
                    self.wire.cut()
            case StartAttempt(offer):
                self._start_thread(offer)
            case StopRunning(key, mode):
                self._stop_thread(key, mode)
            case DeliverEnd(ended):
                self._deliver(ended)
            case DropResult(key):
                self.disk.results.pop(key, None)
            case DropCheckpoint(job_id):
                self.disk.checkpoints.pop(job_id, None)
            case _:
                pass

    # ---- threads

    def _start_thread(self, offer: OfferAttempt) -> None:
        thread = _Thread(offer, self.disk.checkpoints.get(offer.key.job_id, Weights()))
        self.threads[offer.key] = thread
        self._later(self._chance.uniform(0.05, 1.5), lambda: self._prepared(thread))

    def _prepared(self, thread: _Thread) -> None:
        if self._is_gone(thread):
            return
        key, step = thread.offer.key, thread.weights.step
        self._handle(AttemptMoved(key, AttemptState.STARTING, thread.offer.memory_bytes, step))
        self._later(self._chance.uniform(0.1, 0.5), lambda: self._step(thread))

    def _step(self, thread: _Thread) -> None:
        if self._is_gone(thread):
            return
        if thread.mode is not None:
            self._stopped(thread)
            return
        thread.weights = thread.weights.trained(thread.offer.key.job_id)
        key, step = thread.offer.key, thread.weights.step
        self._handle(AttemptMoved(key, AttemptState.RUNNING, thread.offer.memory_bytes, 0, first_step_at_ms=1))
        if self._is_gone(thread):
            return
        if step >= thread.offer.spec.epochs:
            self._finished(thread)
        elif step % CHECKPOINT_STEPS == 0 and self._fails(thread):
            self._end(thread, Outcome.FAILED, error_code="machine_failure")
        else:
            if step % CHECKPOINT_STEPS == 0:
                self.disk.checkpoints[key.job_id] = thread.weights
            self._later(self._chance.uniform(0.1, 0.6), lambda: self._step(thread))

    def _fails(self, thread: _Thread) -> bool:
        return "unlucky" in thread.offer.spec.labels and self._chance.random() < 0.3

    def _finished(self, thread: _Thread) -> None:
        key = thread.offer.key
        self.disk.results[key] = thread.weights
        files = (ResultFile("model.safetensors", thread.weights.digest, 1),)
        self._end(thread, Outcome.SUCCEEDED, files=files)

    def _stop_thread(self, key: AttemptKey, mode: StopMode) -> None:
        thread = self.threads.get(key)
        if thread is None:
            return
        thread.mode = mode
        if not thread.is_stopping:
            thread.is_stopping = True
            self._later(self._chance.uniform(0.01, 0.3), lambda: self._stopped(thread))

    def _stopped(self, thread: _Thread) -> None:
        if self._is_gone(thread):
            return
        if thread.mode is StopMode.CHECKPOINT:
            self.disk.checkpoints[thread.offer.key.job_id] = thread.weights
            self._end(thread, Outcome.PREEMPTED, checkpoint_step=thread.weights.step)
        else:
            self._end(thread, Outcome.CANCELLED)

    def _end(
        self,
        thread: _Thread,
        outcome: Outcome,
        *,
        files: tuple[ResultFile, ...] = (),
        error_code: str = "",
        checkpoint_step: int = 0,
    ) -> None:
        key = thread.offer.key
        del self.threads[key]
        saved = self.disk.checkpoints.get(key.job_id, Weights()).step
        ended = AttemptEnded(
            key,
            outcome,
            error_code=error_code,
            message="as simulated",
            files=files,
            step=thread.weights.step,
            checkpoint_step=checkpoint_step or saved,
        )
        self._handle(AttemptStopped(ended))

    def _is_gone(self, thread: _Thread) -> bool:
        return self.threads.get(thread.offer.key) is not thread

    # ---- results

    def _deliver(self, ended: AttemptEnded) -> None:
        if ended.key not in self.disk.unacknowledged:
            return
        if not self._server.is_up:
            self._later(0.5, lambda: self._deliver(ended))
            return
        self._server.store.files.update(file.sha256 for file in ended.files)
        self._later(self._chance.uniform(0.01, 0.5), lambda: self._handle(EndDeliverable(ended.key)))

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        life = self._life

        def act() -> None:
            if life != self._life:
                return
            if self._clockwork.seconds < self._frozen_until:
                self._clockwork.after(self._frozen_until - self._clockwork.seconds, act)
            else:
                action()

        self._clockwork.after(seconds, act)


def is_lease_held(node: SimulatedNode, key: AttemptKey, now_seconds: float) -> bool:
    """Tell whether the node computes for an attempt and believes that it may."""
    if node.state is None or key not in node.threads:
        return False
    held = node.state.book.attempts.get(key)
    return held is not None and not held.is_abandoned and held.lease_until_seconds > now_seconds
