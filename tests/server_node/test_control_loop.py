"""The loop's order: journal first, then everything else; and nothing at all when the journal cannot be written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest

from server_node.attempts.events import AttemptStopped, EndDeliverable, LinkOpened, MessageArrived
from server_node.attempts.instructions import JournalRecord
from server_node.attempts.node_state import NodeState
from server_node.control_loop import ControlLoop, Ports
from server_node.inbox import Inbox
from shared.clock import SystemClock
from shared.identifiers import AttemptKey
from shared.node_messages import (
    AttemptEnded,
    EndAcknowledged,
    NodeMessage,
    OfferAttempt,
    PlanRequest,
    StopAttempt,
    StopMode,
    Welcome,
)
from tests.server_node.builders import SPEC, a_core, a_key, an_end, an_offer


class Recorder:
    """Stands behind every port and writes down what is asked, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.disk_failure: OSError | None = None

    def append(self, records: Iterable[JournalRecord]) -> None:
        if self.disk_failure is not None:
            raise self.disk_failure
        self.done += [f"journal {type(record).__name__}" for record in records]

    def send(self, link: int, message: NodeMessage) -> None:
        self.done.append(f"send {type(message).__name__} on {link}")

    def close_link(self, link: int, reason: str) -> None:
        self.done.append(f"close {link}")

    def open_session(self, session_id: str) -> None:
        self.done.append(f"telemetry {session_id}")

    def start(self, offer: OfferAttempt) -> None:
        self.done.append(f"start {offer.key}")

    def cancel(self, key: AttemptKey, mode: StopMode) -> bool:
        self.done.append(f"cancel {key} {mode}")
        return True

    def plan(self, request: PlanRequest) -> None:
        self.done.append(f"plan {request.request_id}")

    def deliver(self, ended: AttemptEnded) -> None:
        self.done.append(f"deliver {ended.key}")

    def drop_result(self, key: AttemptKey) -> None:
        self.done.append(f"drop result {key}")

    def drop_checkpoint(self, job_id: str) -> None:
        self.done.append(f"drop checkpoint {job_id}")


class MonotonicAlone(SystemClock):
    """A clock without a wall: what steps at will cannot be decided by."""

    def unix_ms(self) -> int:
        """Say that something was decided by it."""
        raise AssertionError("the node's loop asked the wall clock")


class Bench:
    """A running loop, the inbox it reads, and what it did."""

    def __init__(self, core: NodeState) -> None:
        self.recorder = Recorder()
        self.inbox = Inbox()
        self.batches = 0
        self.loop = ControlLoop(
            core,
            self.inbox,
            Ports(self.recorder, self.recorder, self.recorder, self.recorder, self.recorder),
            clock=MonotonicAlone(),
            ram_available_bytes=lambda: 1,
            exit_for_supervisor=self.recorder.done.append,
            after_batch=self.count,
        )

    def count(self, _: NodeState) -> None:
        self.batches += 1

    async def settle(self) -> list[str]:
        """Wait for the next batch, and return what was done in it."""
        before, seen = len(self.recorder.done), self.batches
        async with asyncio.timeout(5):
            while self.batches == seen:  # noqa: ASYNC110 - the loop has no event for this, nor needs one
                await asyncio.sleep(0.001)
        return self.recorder.done[before:]


@asynccontextmanager
async def a_loop(core: NodeState | None = None) -> AsyncIterator[Bench]:
    bench = Bench(core or a_core())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.loop.run())
        try:
            yield bench
        finally:
            running.cancel()


async def test_whatever_is_asked_is_journalled_first_and_obeyed_in_order() -> None:
    async with a_loop() as bench:
        bench.inbox.post(LinkOpened(1))
        bench.inbox.post(MessageArrived(1, Welcome("s", 20.0, 2.0)))
        assert await bench.settle() == ["send Hello on 1", "telemetry s", "send Heartbeat on 1"]
        bench.inbox.post(MessageArrived(1, an_offer("one")))
        bench.inbox.post(MessageArrived(1, an_offer("two")))
        bench.inbox.post(MessageArrived(1, PlanRequest("p", SPEC)))
        assert await bench.settle() == [
            "journal RecordBegun",
            "journal RecordBegun",
            "start one#1",
            "send AttemptReport on 1",
            "start two#1",
            "send AttemptReport on 1",
            "plan p",
        ]
        bench.inbox.post(MessageArrived(1, StopAttempt(a_key("one"), StopMode.CANCEL, "user")))
        assert await bench.settle() == ["cancel one#1 cancel", "send AttemptReport on 1"]
        bench.inbox.post(AttemptStopped(an_end("two")))
        assert await bench.settle() == ["journal RecordEnded", "deliver two#1"]
        bench.inbox.post(EndDeliverable(a_key("two")))
        bench.inbox.post(MessageArrived(1, EndAcknowledged(a_key("two"))))
        assert await bench.settle() == [
            "journal RecordForgotten",
            "send AttemptEnded on 1",
            "drop result two#1",
            "drop checkpoint two",
        ]


async def test_an_earlier_processs_ends_are_delivered_before_anything_happens() -> None:
    async with a_loop(a_core(unacknowledged=[an_end()])) as bench:
        bench.inbox.post(LinkOpened(1))
        await bench.settle()
        assert bench.recorder.done == ["deliver job#1", "send Hello on 1"]


async def test_heartbeats_come_without_any_event() -> None:
    async with a_loop() as bench:
        bench.inbox.post(LinkOpened(1))
        bench.inbox.post(MessageArrived(1, Welcome("s", 20.0, 0.02)))
        await bench.settle()
        async with asyncio.timeout(5):
            while bench.recorder.done.count("send Heartbeat on 1") < 3:
                await bench.settle()


async def test_a_lease_runs_out_without_a_wall_clock() -> None:
    async with a_loop() as bench:
        bench.inbox.post(LinkOpened(1))
        bench.inbox.post(MessageArrived(1, Welcome("s", 0.2, 60.0)))
        bench.inbox.post(MessageArrived(1, an_offer(lease_seconds=0.2)))
        async with asyncio.timeout(5):
            while "cancel job#1 checkpoint" not in bench.recorder.done:
                await bench.settle()


async def test_nothing_is_started_or_said_when_the_journal_cannot_be_written() -> None:
    bench = Bench(a_core())
    bench.recorder.disk_failure = OSError("disk full")
    bench.inbox.post(LinkOpened(1))
    bench.inbox.post(MessageArrived(1, Welcome("s", 20.0, 2.0)))
    bench.inbox.post(MessageArrived(1, an_offer()))
    with pytest.raises(OSError, match="disk full"):
        await asyncio.wait_for(bench.loop.run(), 5)
    assert bench.recorder.done == []
