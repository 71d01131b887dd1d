"""A whole cluster under any order of requests, crashes, lost streams and passing time, held to what users are promised.

After every event the core's own invariants are checked. Beside them, over the whole history: a job that was accepted is
there until it is deleted; an ended job never changes; a result is that of the attempt that held the lease, and its node
had written it; after an acknowledged cancel nothing is started; and when all quiet down, every job comes to an end.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from central_server.scheduler import invariants
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import CloseSession, Effect, Refuse, RemoveJob, SaveJob, Send
from central_server.scheduler.events import NodeConnected, NodeDisconnected, NodeSaid
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.quotas import Quota, Quotas
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, JobState, job_has_ended
from shared.node_messages import OfferAttempt, Outcome
from tests.builders import MIB, a_spec
from tests.cluster_driver import ClusterDriver
from tests.properties.fake_node import FakeNode

_NODES = ("a", "b")
_JOBS = tuple(f"job-{number}" for number in range(5))
_MEMORY = st.sampled_from([100 * MIB, 2500 * MIB, 4096 * MIB, 9000 * MIB])
_OWN_ENDS = st.sampled_from(
    [
        (Outcome.SUCCEEDED, ""),
        (Outcome.FAILED, "machine_failure"),
        (Outcome.FAILED, "bad_data"),
        (Outcome.FAILED, "out_of_memory"),
        (Outcome.PREEMPTED, ""),
        (Outcome.DECLINED, "out_of_memory"),
    ]
)


class ClusterMachine(RuleBasedStateMachine):
    """Two nodes, five jobs, one server."""

    def __init__(self) -> None:
        super().__init__()
        quotas = Quotas(Quota(), {"ben": Quota(running_jobs=1)})
        settings = ClusterSettings(quotas=quotas, reservation_seconds=10.0, ageing_seconds=50.0)
        self.driver = ClusterDriver(settings)
        self.nodes = {node_id: FakeNode(node_id) for node_id in _NODES}
        self.node_by_session: dict[str, FakeNode] = {}
        self.heard_at: dict[str, float] = {}
        self.sessions = 0
        self.accepted: set[str] = set()
        self.deleted: set[str] = set()
        self.cancelled: set[str] = set()
        self.history: dict[str, JobRecord] = {}

    # ---- people

    @rule(
        job_id=st.sampled_from(_JOBS),
        memory_bytes=_MEMORY,
        priority=st.sampled_from(["low", "normal", "critical"]),
        timeout_seconds=st.sampled_from([None, 30]),
        max_failures=st.integers(0, 2),
        max_losses=st.sampled_from([0, 2, 20]),
        whole_device=st.booleans(),
        after=st.sets(st.sampled_from(_JOBS), max_size=2),
        user_id=st.sampled_from(["ann", "ben"]),
        wait_timeout_seconds=st.sampled_from([None, None, 40]),
    )
    def submit(self, job_id: str, memory_bytes: int, whole_device: bool, after: set[str], **fields: Any) -> None:
        if job_id in self.accepted:
            return
        resources = {"memory_bytes": memory_bytes, "whole_device": whole_device}
        spec = a_spec(resources=resources, after=tuple(sorted(after)), **fields)
        effects = self.driver.submit(job_id, spec)
        if any(isinstance(effect, Refuse) for effect in effects):
            assert any(self.will_not_succeed(name) for name in after), "an honest job was refused"
        else:
            self.accepted.add(job_id)
        self.settle(effects)

    def will_not_succeed(self, job_id: str) -> bool:
        job = self.driver.jobs.get(job_id)
        return job is None or job.state in {JobState.FAILED, JobState.CANCELLED}

    @rule(node_id=st.sampled_from(_NODES), within_seconds=st.sampled_from([0.0, 3.0]))
    def drain(self, node_id: str, within_seconds: float) -> None:
        if node_id in self.driver.nodes:
            self.settle(self.driver.drain(node_id, within_seconds=within_seconds))

    @rule(node_id=st.sampled_from(_NODES))
    def undrain(self, node_id: str) -> None:
        if node_id in self.driver.nodes:
            self.settle(self.driver.undrain(node_id))

    @rule(job_id=st.sampled_from(_JOBS))
    def cancel(self, job_id: str) -> None:
        if job_id in self.accepted - self.deleted:
            self.settle(self.driver.cancel(job_id))
            self.cancelled.add(job_id)

    @rule(job_id=st.sampled_from(_JOBS))
    def pause(self, job_id: str) -> None:
        self.settle(self.driver.pause(job_id))

    @rule(job_id=st.sampled_from(_JOBS))
    def resume(self, job_id: str) -> None:
        self.settle(self.driver.resume(job_id))

    @rule(job_id=st.sampled_from(_JOBS))
    def delete(self, job_id: str) -> None:
        if job_id in self.accepted:
            self.settle(self.driver.delete(job_id))
            self.deleted.add(job_id)

    # ---- nodes

    @initialize()
    def the_first_node_is_there(self) -> None:
        self.connect("a")
        self.deliver("a")

    @rule(node_id=st.sampled_from(_NODES))
    def connect(self, node_id: str) -> None:
        self.sessions += 1
        session_id = f"{node_id}/{self.sessions}"
        hello = self.nodes[node_id].hello(session_id)
        self.node_by_session[session_id] = self.nodes[node_id]
        self.heard_at[node_id] = self.driver.seconds
        self.settle(self.driver.feed(NodeConnected(session_id, hello)))

    @rule(node_id=st.sampled_from(_NODES))
    def lose_the_stream(self, node_id: str) -> None:
        node = self.nodes[node_id]
        if node.session_id:
            lost_session = node.session_id
            node.hang_up()
            self.settle(self.driver.feed(NodeDisconnected(lost_session)))

    @rule(node_id=st.sampled_from(_NODES))
    def kill_the_node(self, node_id: str) -> None:
        self.lose_the_stream(node_id)
        self.nodes[node_id].die()

    @rule(node_id=st.sampled_from(_NODES))
    def deliver_to_node(self, node_id: str) -> None:
        self.nodes[node_id].receive()

    @rule(node_id=st.sampled_from(_NODES))
    def deliver_to_server(self, node_id: str) -> None:
        node = self.nodes[node_id]
        if node.outbox and node.is_welcome:
            self.heard_at[node_id] = self.driver.seconds
            self.settle(self.driver.feed(NodeSaid(node.session_id, node.outbox.popleft())))

    @rule(node_id=st.sampled_from(_NODES))
    def deliver(self, node_id: str) -> None:
        node = self.nodes[node_id]
        while node.inbox or (node.outbox and node.is_welcome):
            self.deliver_to_node(node_id)
            self.deliver_to_server(node_id)

    @rule(node_id=st.sampled_from(_NODES))
    def beat(self, node_id: str) -> None:
        if self.nodes[node_id].is_welcome:
            self.nodes[node_id].beat()

    @rule(node_id=st.sampled_from(_NODES), memory_bytes=st.sampled_from([0, 100 * MIB, 3000 * MIB]))
    def get_further(self, node_id: str, memory_bytes: int) -> None:
        node = self.nodes[node_id]
        for key in tuple(node.begun):
            node.report(key, AttemptState.RUNNING, memory_bytes)
        self.deliver(node_id)

    @rule(node_id=st.sampled_from(_NODES), how=_OWN_ENDS)
    def come_to_an_end(self, node_id: str, how: tuple[Outcome, str]) -> None:
        node = self.nodes[node_id]
        outcome, error_code = how
        for key, state in tuple(node.begun.items())[:1]:
            if outcome is not Outcome.DECLINED or state is AttemptState.STARTING:
                node.end(key, outcome, error_code, checkpoint_step=3)

    @rule(seconds=st.sampled_from([1.0, 6.0]))
    def live_quietly(self, seconds: float) -> None:
        """While a node is in touch, time takes nothing from it."""
        for _ in range(6):
            for node_id, node in self.nodes.items():
                self.deliver(node_id)
                self.beat(node_id)
                self.deliver(node_id)
                self.hold_leases_of(node)
            heard = [key for node in self.nodes.values() if node.is_welcome for key in node.begun]
            self.wait(seconds)
            self.hold_not_lost(heard)

    # ---- time, and the server's own fate

    @rule(seconds=st.sampled_from([0.5, 5.0, 21.0, 100.0]))
    def wait(self, seconds: float) -> None:
        self.settle(self.driver.wait(seconds))

    @rule()
    def restart_the_server(self) -> None:
        self.driver.restart()
        for node in self.nodes.values():
            node.hang_up()

    # ---- what must hold

    def settle(self, effects: list[Effect]) -> None:
        """Put messages on their way and hold the promises about what was decided."""
        for effect in effects:
            match effect:
                case Send(session_id, message):
                    self.hold_no_start_after_cancel(message)
                    node = self.node_by_session[session_id]
                    if node.session_id == session_id:
                        node.inbox.append(message)
                case CloseSession(session_id, "silent", _):
                    self.hold_was_silent(session_id)
                case CloseSession(session_id, code, sentence):
                    assert code == "session_replaced", f"an honest node was turned away: {sentence}"
                    assert self.node_by_session[session_id].session_id != session_id
                case SaveJob(job):
                    self.hold_promises_of(job)
                    self.history[job.job_id] = job
                case RemoveJob(job_id):
                    self.history.pop(job_id, None)
                case _:
                    pass

    def hold_was_silent(self, session_id: str) -> None:
        """A node is cut off for its silence only when nothing of it has come for a whole lease."""
        node = self.node_by_session[session_id]
        assert node.session_id == session_id
        assert self.driver.seconds - self.heard_at[node.node_id] >= self.driver.settings.lease_seconds
        node.hang_up()

    def hold_leases_of(self, node: FakeNode) -> None:
        """What a node that has just been heard runs is what the core counts on."""
        for key in node.begun if node.is_welcome else ():
            job = self.driver.cluster.job(key.job_id)
            assert job is not None, f"{key} runs and its job has ended"
            assert job.current_key == key, f"{key} runs and is not the current attempt"

    def hold_not_lost(self, keys: list[AttemptKey]) -> None:
        """A lease that was just renewed does not run out within a few seconds."""
        for job_id, number in ((key.job_id, key.number) for key in keys):
            job = self.driver.jobs.get(job_id)
            assert job is None or job.attempts[number - 1].state is not AttemptState.LOST, f"{job_id} was lost"

    def hold_no_start_after_cancel(self, message: object) -> None:
        if isinstance(message, OfferAttempt) and message.key.job_id in self.cancelled | self.deleted:
            job = self.driver.job(message.key.job_id)
            assert job.state is JobState.STOPPING, "a cancelled job was offered anew"

    def hold_promises_of(self, job: JobRecord) -> None:
        before = self.history.get(job.job_id)
        assert before is None or not job_has_ended(before.state), "an ended job changed"
        if job.state is JobState.SUCCEEDED:
            attempt = job.attempts[-1]
            key = AttemptKey(job.job_id, attempt.number)
            assert attempt.state is AttemptState.SUCCEEDED
            assert key in self.nodes[attempt.node_id].succeeded, "a result that its node did not write"

    @invariant()
    def no_accepted_job_is_lost(self) -> None:
        for job_id in self.accepted - self.deleted:
            assert job_id in self.driver.jobs, f"{job_id} is lost"
            record = self.driver.jobs[job_id]
            expected = None if job_has_ended(record.state) else record
            assert self.driver.cluster.job(job_id) == expected, "core and store differ"

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        invariants.check_capacity(self.driver.cluster)

    @invariant()
    def waiting_is_explained(self) -> None:
        for job in self.driver.cluster.jobs():
            reason = self.driver.cluster.waiting_reason(job.job_id)
            assert bool(reason) == (job.state is JobState.QUEUED)
            assert reason != "it is about to be placed"

    @precondition(lambda self: self.accepted)
    @rule()
    def calm_down(self) -> None:
        """With nodes that are there and do their work, every job ends, unless it waits for what cannot be.

        It may be paused, or too large for any node, or come after such a job.
        """
        for _ in range(60):
            for node_id, node in self.nodes.items():
                if not node.session_id:
                    self.connect(node_id)
                self.undrain(node_id)
                self.deliver(node_id)
                for key in tuple(node.begun):
                    node.end(key, Outcome.SUCCEEDED)
                self.deliver(node_id)
            self.wait(61.0)
        for job in self.driver.cluster.jobs():
            reason = self.driver.cluster.waiting_reason(job.job_id)
            is_in_vain = "can give" in reason or "comes after" in reason
            assert job.state is JobState.PAUSED or is_in_vain, f"{job.job_id} is still {job.state}: {reason}"


ClusterMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=100, deadline=None)
TestClusterKeepsItsPromises = ClusterMachine.TestCase
