"""A node as the cluster should find it: it journals before it speaks, repeats ends until acknowledged, obeys stops.

Messages wait in both directions until the test delivers them, so that anything can cross anything. A broken stream
loses what was under way; a killed process loses everything but its journal.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    EndAcknowledged,
    Heartbeat,
    HeldAttempt,
    HeldState,
    Hello,
    NodeMessage,
    OfferAttempt,
    Outcome,
    ServerMessage,
    StopAttempt,
    StopMode,
    Verdict,
    Welcome,
)
from tests.builders import a_hello, an_end


@dataclass(slots=True)
class FakeNode:
    """One node, its journal, and the messages on their way.

    Attributes:
        begun: the attempts that run, by key; what it said of each last.
        interrupted: begun by a process that died.
        ended: journalled ends that the server has not acknowledged.
    """

    node_id: str
    session_id: str = ""
    process: int = 1
    begun: dict[AttemptKey, AttemptState] = field(default_factory=dict)
    interrupted: set[AttemptKey] = field(default_factory=set)
    ended: dict[AttemptKey, AttemptEnded] = field(default_factory=dict)
    inbox: deque[ServerMessage] = field(default_factory=deque)
    outbox: deque[NodeMessage] = field(default_factory=deque)
    is_welcome: bool = False
    succeeded: set[AttemptKey] = field(default_factory=set)

    def hello(self, session_id: str) -> Hello:
        """Open a stream; what was under way on the old one is lost."""
        self.hang_up()
        self.session_id = session_id
        running = tuple(HeldAttempt(key, HeldState(state)) for key, state in sorted(self.begun.items()))
        over = tuple(HeldAttempt(key, HeldState.STOPPING) for key in sorted(self.ended))
        died = tuple(HeldAttempt(key, HeldState.INTERRUPTED) for key in sorted(self.interrupted))
        return a_hello(self.node_id, held=running + over + died, process_id=str(self.process))

    def hang_up(self) -> None:
        """The stream is gone."""
        self.session_id = ""
        self.is_welcome = False
        self.inbox.clear()
        self.outbox.clear()

    def die(self) -> None:
        """The process is killed; the journal stays."""
        self.hang_up()
        self.process += 1
        self.interrupted |= set(self.begun)
        self.begun.clear()

    def receive(self) -> None:
        """Take one message from the server, when there is one."""
        if not self.inbox:
            return
        match self.inbox.popleft():
            case Welcome(verdicts=verdicts):
                self.is_welcome = True
                for verdict in verdicts:
                    self._obey(verdict.key, verdict.verdict)
                self.outbox.extend(self.ended.values())
            case OfferAttempt(key):
                self._begin(key)
            case StopAttempt(key, mode):
                self._stop(key, mode)
            case EndAcknowledged(key):
                self.ended.pop(key, None)
            case _:
                pass

    def report(self, key: AttemptKey, state: AttemptState, memory_bytes: int) -> None:
        """An attempt got further."""
        self.begun[key] = state
        self.outbox.append(AttemptReport(key, state, memory_bytes))

    def end(self, key: AttemptKey, outcome: Outcome, error_code: str = "", checkpoint_step: int = 0) -> None:
        """An attempt is over: journal it, then say it."""
        del self.begun[key]
        end = an_end(key, outcome, error_code=error_code, message=str(outcome), checkpoint_step=checkpoint_step)
        self.ended[key] = end
        self.outbox.append(end)
        if outcome is Outcome.SUCCEEDED:
            self.succeeded.add(key)

    def beat(self) -> None:
        """Say what runs here."""
        self.outbox.append(Heartbeat(1, tuple(sorted({*self.begun, *self.ended})), ram_available_bytes=1))

    def _begin(self, key: AttemptKey) -> None:
        if key in self.ended:
            self.outbox.append(self.ended[key])
        else:
            self.begun.setdefault(key, AttemptState.STARTING)

    def _stop(self, key: AttemptKey, mode: StopMode) -> None:
        if key not in self.begun:
            return
        match mode:
            case StopMode.CANCEL:
                self.end(key, Outcome.CANCELLED)
            case StopMode.CHECKPOINT:
                self.end(key, Outcome.PREEMPTED, checkpoint_step=5)
            case StopMode.ABANDON:
                del self.begun[key]

    def _obey(self, key: AttemptKey, verdict: Verdict) -> None:
        if verdict is not Verdict.KEEP:
            self.begun.pop(key, None)
            self.interrupted.discard(key)
