"""Data for the node's tests: offers, descriptions, a core that is welcome, and ways to read its instructions."""

from __future__ import annotations

from typing import Any, TypeVar

from server_node.attempts.book import NodeIdentity
from server_node.attempts.events import AttemptMoved, AttemptStopped, Event, LinkOpened, MessageArrived
from server_node.attempts.instructions import Instruction, Send
from server_node.attempts.node_state import NodeState
from shared.identifiers import AttemptKey
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.lifecycle import AttemptState
from shared.node_messages import (
    AttemptEnded,
    Device,
    DeviceKind,
    NodeDescription,
    NodeMessage,
    OfferAttempt,
    Outcome,
    ServerMessage,
    Welcome,
)

MIB = 2**20
LEASE_SECONDS = 20.0
HEARTBEAT_SECONDS = 2.0
_Step = TypeVar("_Step")


def a_key(job_id: str = "job", number: int = 1) -> AttemptKey:
    return AttemptKey(job_id, number)


def a_spec(**fields: Any) -> JobSpec:
    """Return a job of one dense layer on the digits; runs in milliseconds once compiled."""
    values = {
        "model": {"layers": [{"type": "flatten"}, {"type": "dense", "units": 10}]},
        "dataset": "builtin://digits",
        "batch_size": 64,
        "epochs": 1,
    }
    return job_spec_from_mapping(values | fields)


SPEC = a_spec()


def an_offer(job_id: str = "job", number: int = 1, *, spec: JobSpec = SPEC, **fields: Any) -> OfferAttempt:
    values: dict[str, Any] = {"device_ids": ("cpu:0",), "memory_bytes": 64 * MIB, "lease_seconds": LEASE_SECONDS}
    return OfferAttempt(a_key(job_id, number), spec, **(values | fields))


def an_end(job_id: str = "job", number: int = 1, outcome: Outcome = Outcome.SUCCEEDED, **fields: Any) -> AttemptEnded:
    return AttemptEnded(a_key(job_id, number), outcome, **fields)


def a_description(*, slots: int = 4, is_ready: bool = True) -> NodeDescription:
    cpu = Device("cpu:0", DeviceKind.CPU, "a CPU", 1024 * MIB, 1024 * MIB, 2)
    return NodeDescription(
        devices=(cpu,),
        cpu_cores=2,
        ram_total_bytes=1024 * MIB,
        ram_available_bytes=1024 * MIB,
        slots=slots,
        is_ready=is_ready,
        software_version="1",
        fingerprint="f",
        capacity_bytes={"cpu:0": 1024 * MIB},
    )


def a_core(**fields: Any) -> NodeState:
    """Return a core that has not met its server yet."""
    description = fields.pop("description", a_description())
    return NodeState(NodeIdentity("node-1", "node one", "process-1"), description, **fields)


class Driver:
    """Feeds a core with events at moments it keeps, and reads what comes out."""

    def __init__(self, core: NodeState | None = None) -> None:
        self.core = core or a_core()
        self.now = 100.0
        self.link = 0

    def feed(self, event: Event, *, after: float = 0.0) -> list[Instruction]:
        self.now += after
        return self.core.handle(event, self.now)

    def hear(self, message: ServerMessage, *, after: float = 0.0) -> list[Instruction]:
        return self.feed(MessageArrived(self.link, message), after=after)

    def open_link(self) -> list[Instruction]:
        self.link += 1
        return self.feed(LinkOpened(self.link))

    def welcome(self, **fields: Any) -> list[Instruction]:
        self.open_link()
        return self.hear(Welcome("session", LEASE_SECONDS, HEARTBEAT_SECONDS, **fields))

    def begin_running(self, job_id: str = "job", number: int = 1) -> AttemptKey:
        """Take an offer and get to the first step."""
        self.hear(an_offer(job_id, number))
        key = a_key(job_id, number)
        self.feed(AttemptMoved(key, AttemptState.STARTING, 32 * MIB, 0))
        self.feed(AttemptMoved(key, AttemptState.RUNNING, 32 * MIB, 0, 1_000))
        return key

    def stop_thread(
        self, job_id: str = "job", number: int = 1, outcome: Outcome = Outcome.SUCCEEDED
    ) -> list[Instruction]:
        return self.feed(AttemptStopped(an_end(job_id, number, outcome)))


def a_welcome_driver(core: NodeState | None = None) -> Driver:
    driver = Driver(core)
    driver.welcome()
    return driver


def of(kind: type[_Step], instructions: list[Instruction]) -> list[_Step]:
    """Return the instructions of one kind, in order."""
    return [step for step in instructions if isinstance(step, kind)]


def said(instructions: list[Instruction]) -> list[NodeMessage]:
    """Return the messages to the server, in order."""
    return [step.message for step in instructions if isinstance(step, Send)]
