"""Whatever happens in whatever order: nothing raises, nothing starts twice, no end is said that is not journalled."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server_node.attempts.events import AttemptMoved, AttemptStopped, EndDeliverable, LinkClosed, ShutdownBegan, Ticked
from server_node.attempts.instructions import (
    DeliverEnd,
    Instruction,
    RecordBegun,
    RecordEnded,
    RecordForgotten,
    Send,
    StartAttempt,
    StopRunning,
)
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import (
    AttemptEnded,
    EndAcknowledged,
    HeartbeatAck,
    HeldVerdict,
    Hello,
    Outcome,
    StopAttempt,
    StopMode,
    Verdict,
    Welcome,
)
from tests.server_node.builders import (
    HEARTBEAT_SECONDS,
    LEASE_SECONDS,
    Driver,
    a_core,
    a_description,
    an_end,
    an_offer,
)

KEYS = st.builds(AttemptKey, st.sampled_from(["a", "b", "c"]), st.integers(1, 3))
_OUTCOMES_WITHOUT_STOP = [Outcome.SUCCEEDED, Outcome.FAILED, Outcome.DECLINED]


class NodeMachine(RuleBasedStateMachine):
    """Plays the server, the threads and the disk; keeps what a careful observer would."""

    @initialize()
    def begin(self) -> None:
        self.driver = Driver(a_core(description=a_description(slots=2)))
        self.threads: dict[AttemptKey, StopMode | None] = {}
        self.journalled_begun: set[AttemptKey] = set()
        self.journalled_ends: dict[AttemptKey, AttemptEnded] = {}
        self.delivering: set[AttemptKey] = set()
        self.held: tuple[AttemptKey, ...] = ()
        self.obey(self.driver.welcome())

    def obey(self, steps: list[Instruction]) -> None:
        for step in steps:
            match step:
                case RecordBegun(key):
                    self.journalled_begun.add(key)
                case RecordEnded(ended):
                    self.journalled_ends[ended.key] = ended
                case RecordForgotten(key):
                    self.journalled_ends.pop(key, None)
                    self.journalled_begun.discard(key)
                case StartAttempt(offer):
                    assert offer.key in self.journalled_begun
                    assert offer.key not in self.threads
                    assert all(key.job_id != offer.key.job_id for key in self.threads), "one thread a job"
                    self.threads[offer.key] = None
                case StopRunning(key, mode):
                    assert key in self.threads
                    self.threads[key] = mode
                case DeliverEnd(ended):
                    assert ended.key in self.journalled_ends
                    self.delivering.add(ended.key)
                case Send(_, AttemptEnded() as ended):
                    self.check_said(ended)
                case Send(_, Hello(held=held)):
                    self.held = tuple(item.key for item in held)

    def check_said(self, ended: AttemptEnded) -> None:
        never_ran = ended.outcome is Outcome.DECLINED or "does not run" in ended.message
        assert never_ran or self.journalled_ends[ended.key] == ended
        assert ended.key not in self.threads

    @rule(key=KEYS)
    def offer(self, key: AttemptKey) -> None:
        self.obey(self.driver.hear(an_offer(key.job_id, key.number)))

    @rule(key=KEYS, mode=st.sampled_from(StopMode))
    def ask_to_stop(self, key: AttemptKey, mode: StopMode) -> None:
        self.obey(self.driver.hear(StopAttempt(key, mode, "why")))

    @rule(key=KEYS, running=st.booleans())
    def move(self, key: AttemptKey, running: bool) -> None:
        state = AttemptState.RUNNING if running else AttemptState.STARTING
        self.obey(self.driver.feed(AttemptMoved(key, state, 1, 0)))

    @rule(data=st.data())
    def end_a_thread(self, data: st.DataObject) -> None:
        if not self.threads:
            return
        key = data.draw(st.sampled_from(sorted(self.threads)))
        mode = self.threads.pop(key)
        outcomes = list(_OUTCOMES_WITHOUT_STOP)
        if mode is not None:
            outcomes += [Outcome.CANCELLED, Outcome.PREEMPTED]
        outcome = data.draw(st.sampled_from(outcomes))
        self.obey(self.driver.feed(AttemptStopped(an_end(key.job_id, key.number, outcome))))

    @rule(key=KEYS)
    def deliver(self, key: AttemptKey) -> None:
        if key in self.delivering:
            self.delivering.discard(key)
            self.obey(self.driver.feed(EndDeliverable(key)))

    @rule(key=KEYS)
    def acknowledge(self, key: AttemptKey) -> None:
        self.obey(self.driver.hear(EndAcknowledged(key)))

    @rule(sequence=st.integers(1, 20))
    def acknowledge_heartbeat(self, sequence: int) -> None:
        self.obey(self.driver.hear(HeartbeatAck(sequence)))

    @rule(seconds=st.sampled_from([0.1, 2.0, 6.0, 30.0]))
    def pass_time(self, seconds: float) -> None:
        self.obey(self.driver.feed(Ticked(0), after=seconds))

    @rule()
    def cut(self) -> None:
        self.obey(self.driver.feed(LinkClosed(self.driver.link, "cut")))

    @rule(verdict=st.sampled_from(Verdict))
    def welcome_again(self, verdict: Verdict) -> None:
        self.obey(self.driver.open_link())
        verdicts = tuple(HeldVerdict(key, verdict) for key in self.held)
        self.obey(self.driver.hear(Welcome("again", LEASE_SECONDS, HEARTBEAT_SECONDS, verdicts)))

    @rule()
    def shut_down(self) -> None:
        self.obey(self.driver.feed(ShutdownBegan()))

    @invariant()
    def every_thread_is_known(self) -> None:
        if hasattr(self, "threads"):
            assert self.driver.core.has_running_attempts == bool(self.threads)

    @invariant()
    def deadlines_lie_ahead_after_a_tick(self) -> None:
        if hasattr(self, "threads"):
            self.obey(self.driver.feed(Ticked(0)))
            assert self.driver.core.next_deadline_seconds() > self.driver.now


NodeMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestNodeKeepsItsPromises = NodeMachine.TestCase
