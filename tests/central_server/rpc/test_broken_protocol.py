"""Whoever breaks the protocol of the node link loses that stream with a code and a sentence, and touches no other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import grpc
import pytest
import pytest_asyncio

from central_server.rpc import node_session, telemetry_session
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_message_wire import MAX_HELD, node_message_to_proto
from shared.node_messages import AttemptEnded, AttemptReport, CheckpointStored, Hello, Outcome, StoredCheckpoint
from shared.pb import job_pb2, link_pb2, node_pb2
from tests.builders import a_hello
from tests.central_server.bystander import BYSTANDER_JOB, BYSTANDER_NODE, Bystander, a_bystander
from tests.central_server.fake_node import FakeNode, a_batch, a_connected_node, open_stream, upload
from tests.central_server.running_server import Server

THEIRS = AttemptKey(BYSTANDER_JOB, 1)
FROM_THE_FUTURE = AttemptKey(BYSTANDER_JOB, 7)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def working_node(shared_server: Server) -> AsyncIterator[Bystander]:
    """A node at work, beside all tests of this module."""
    async with a_bystander(shared_server) as working:
        yield working


@pytest_asyncio.fixture(loop_scope="module")
async def bystander(working_node: Bystander) -> AsyncIterator[Bystander]:
    """The node at work, held to be untouched when the test is over."""
    yield working_node
    await working_node.is_untouched()


def wire(message: link_pb2.NodeMessage) -> bytes:
    return message.SerializeToString()


def a_heartbeat_of_a_megabyte() -> bytes:
    """Most of it is a field that nobody knows; parsers pass over those."""
    beat = wire(link_pb2.NodeMessage(heartbeat=link_pb2.Heartbeat(sequence=1)))
    return beat + b"\x92\x3f" + b"\xc0\x84\x3d" + bytes(1_000_000)


def a_heartbeat_that_names_too_many() -> bytes:
    keys = [link_pb2.AttemptKey(job_id=f"job-{number}", attempt=1) for number in range(MAX_HELD + 1)]
    return wire(link_pb2.NodeMessage(heartbeat=link_pb2.Heartbeat(sequence=1, attempts=keys)))


def an_end_that_took(seconds: float) -> bytes:
    return wire(node_message_to_proto(AttemptEnded(AttemptKey("gone", 1), Outcome.FAILED, compute_seconds=seconds)))


def a_second_hello() -> bytes:
    return wire(node_message_to_proto(a_hello("rude")))


def twice_the_same_device() -> bytes:
    message = node_message_to_proto(a_hello("rude"))
    description = message.hello.description
    description.devices.append(description.devices[0])
    return wire(link_pb2.NodeMessage(node_changed=link_pb2.NodeChanged(description=description)))


BREACHES: dict[str, tuple[Callable[[], bytes], str]] = {
    "an unknown kind": (lambda: b"\xfa\x3f\x02\x08\x01", "one kind of message"),
    "no kind": (lambda: b"", "one kind of message"),
    "garbage": (lambda: b"\xff\xff\xff\xff", "serialised NodeMessage"),
    "a report of another node's attempt": (
        lambda: wire(node_message_to_proto(AttemptReport(THEIRS, AttemptState.RUNNING))),
        "never given to this node",
    ),
    "a report from the future": (
        lambda: wire(node_message_to_proto(AttemptReport(FROM_THE_FUTURE, AttemptState.RUNNING))),
        "never given to this node",
    ),
    "a report without a number": (
        lambda: wire(node_message_to_proto(AttemptReport(AttemptKey(BYSTANDER_JOB, 0), AttemptState.RUNNING))),
        "attempt must be >= 1",
    ),
    "the end of another node's attempt": (
        lambda: wire(node_message_to_proto(AttemptEnded(THEIRS, Outcome.FAILED))),
        "never given to this node",
    ),
    "an end from the future": (
        lambda: wire(node_message_to_proto(AttemptEnded(FROM_THE_FUTURE, Outcome.CANCELLED))),
        "never given to this node",
    ),
    "an end after no number of seconds": (lambda: an_end_that_took(float("nan")), "compute_seconds"),
    "an end before its beginning": (lambda: an_end_that_took(-1.0), "compute_seconds"),
    "a megabyte of heartbeat": (a_heartbeat_of_a_megabyte, f"at most {node_session.MESSAGE_BYTES} bytes"),
    "a heartbeat of thousands": (a_heartbeat_that_names_too_many, f"at most {MAX_HELD} attempts"),
    "a second Hello": (a_second_hello, "Hello came twice"),
    "the same device twice": (twice_the_same_device, "device ids must differ"),
}


@pytest.mark.parametrize("breach", BREACHES)
async def test_a_breach_closes_its_stream_and_touches_nothing_else(
    shared_server: Server, bystander: Bystander, breach: str
) -> None:
    raw, words = BREACHES[breach]
    async with a_connected_node(shared_server, "rude") as rude:
        await rude.say_bytes(raw())
        code, sentence = await rude.code_at_end()
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert words in sentence
    assert bystander.key == THEIRS


async def test_a_checkpoint_of_another_nodes_attempt_closes_the_stream(
    shared_server: Server, bystander: Bystander
) -> None:
    file = await upload(shared_server, "checkpoint", b"made up")
    async with a_connected_node(shared_server, "rude") as rude:
        await rude.say(CheckpointStored(bystander.key, StoredCheckpoint(file.sha256, file.size_bytes, step=9)))
        code, sentence = await rude.code_at_end()
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "never given to this node" in sentence


def an_impostor() -> Hello:
    return a_hello(BYSTANDER_NODE, process_id="another", slots=8)


async def test_a_hello_under_the_id_of_a_connected_node_is_refused(shared_server: Server, bystander: Bystander) -> None:
    impostor = FakeNode(shared_server, an_impostor())
    await impostor.say(impostor.hello)
    code, sentence = await impostor.code_at_end()
    assert code is grpc.StatusCode.ALREADY_EXISTS
    assert "another process is connected as node bystander" in sentence
    assert bystander.node.session_id


async def test_a_new_process_takes_over_from_one_that_is_no_longer_heard(
    shared_server: Server, bystander: Bystander, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central_server.scheduler.node_sessions.SILENT_BEATS", -1.0)
    restarted = FakeNode(shared_server, a_hello("other", process_id="one"))
    await restarted.connect()
    again = FakeNode(shared_server, a_hello("other", process_id="two"))
    assert (await again.connect()).session_id
    assert (await restarted.code_at_end())[0] is grpc.StatusCode.ABORTED
    again.cut()
    assert bystander.key == THEIRS


async def telemetry_code(server: Server, batch: link_pb2.TelemetryBatch) -> grpc.StatusCode:
    stream = open_stream(server, "Telemetry")
    await stream.write(batch.SerializeToString())
    with suppress(grpc.aio.AioRpcError):
        while await stream.read() is not grpc.aio.EOF:
            pass
    return await stream.code()


async def test_telemetry_under_another_nodes_session_is_refused(shared_server: Server, bystander: Bystander) -> None:
    async with a_connected_node(shared_server, "rude") as rude:
        batch = a_batch(rude, bystander.key, steps=[1], lines=["made up"], live_step=5)
        batch.session_id = bystander.node.session_id
        assert await telemetry_code(shared_server, batch) is grpc.StatusCode.FAILED_PRECONDITION


async def test_telemetry_of_another_nodes_attempt_is_dropped(shared_server: Server, bystander: Bystander) -> None:
    async with a_connected_node(shared_server, "rude") as rude:
        stream = open_stream(shared_server, "Telemetry")
        batch = a_batch(rude, bystander.key, steps=[1], lines=["made up"], live_step=5)
        await stream.write(batch.SerializeToString())
        assert isinstance(await stream.read(), bytes)
        stream.cancel()
    assert not (await shared_server.jobs.GetMetrics(job_pb2.GetMetricsRequest(job_id=BYSTANDER_JOB))).rows


async def test_a_batch_without_end_closes_the_telemetry_stream(
    shared_server: Server, bystander: Bystander, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry_session, "BATCH_RECORDS", 3)
    batch = a_batch(bystander.node, bystander.key, steps=[], lines=["a", "b", "c", "d"])
    assert await telemetry_code(shared_server, batch) is grpc.StatusCode.INVALID_ARGUMENT


async def test_long_names_are_cut_before_everybody_is_sent_them(shared_server: Server, bystander: Bystander) -> None:
    message = node_message_to_proto(a_hello("rude"))
    message.hello.name = "n" * 100_000 + "\x00"
    node = FakeNode(shared_server, a_hello("rude"))
    await node.say_bytes(wire(message))
    await node.read()
    nodes = (await shared_server.nodes.ListNodes(node_pb2.ListNodesRequest())).nodes
    assert max(len(info.name) for info in nodes) == 256
    node.cut()
