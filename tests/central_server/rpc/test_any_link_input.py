"""Any sequence of valid and mutated messages, fed to the node link of a real server beside a node at work.

Whatever comes, the node at work is answered and its job stays as it is to the last byte; the streams of the other end
with a status that is nobody's bug; everything that people read is still served; and the log holds no exception.

A hypothesis profile with more examples tries more.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import pytest
import uvloop
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.node_message_wire import node_message_to_proto
from shared.node_messages import OfferAttempt, Welcome
from shared.pb import common_pb2, job_pb2, link_pb2, node_pb2
from tests.builders import a_hello
from tests.central_server.bystander import BYSTANDER_JOB, BYSTANDER_NODE, Bystander, a_bystander
from tests.central_server.fake_node import FakeNode, open_stream
from tests.central_server.running_server import Server, running_server, submit
from tests.hostile.calling import OF_THE_CLIENT
from tests.hostile.logged_errors import LoggedErrors, logged_errors
from tests.hostile.mutation import Mutation, intact, mutations

EXAMPLES = settings().max_examples // 4
GROWTH_BYTES = 100 * 2**20
PATIENCE_SECONDS = 10.0

MINE, THEIRS, UNKNOWN = "$my-job", BYSTANDER_JOB, "nobody"
ME, MY_SESSION, THEIR_SESSION = "$me", "$my-session", "$their-session"
PLACEHOLDERS = frozenset({MINE, ME, MY_SESSION, THEIR_SESSION})

MEANT = frozenset(
    {
        grpc.StatusCode.OK,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
)
"""How a stream may end; UNAVAILABLE would be a core that was dropped, and UNKNOWN or INTERNAL a mistake of ours."""

# ---- what is said

int64s = st.sampled_from([0, 1, 7, -1, 2**31, 2**62, 2**63 - 1, -(2**63)])
int32s = st.sampled_from([0, 1, 2, -1, 2**31 - 1, -(2**31)])
doubles = st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e300, float("inf"), float("-inf"), float("nan")])
texts = st.sampled_from(["", "x", "cpu:0", "../x", "a\x00b", "é" * 300, "n" * 400])
hashes = st.sampled_from(["a" * 64, "", "A" * 64, "0" * 63])
attempts = st.sampled_from([1, 1, 1, 1, 2, 9, 0, -1, 2**31 - 1])
keys = st.builds(link_pb2.AttemptKey, job_id=st.sampled_from([MINE, MINE, THEIRS, UNKNOWN, "../x"]), attempt=attempts)
states = st.sampled_from(["starting", "running", "stopping", "succeeded", "lost", "", "x"])
outcomes = st.sampled_from(["succeeded", "failed", "cancelled", "preempted", "declined", "running", ""])
numbers_by_name = st.dictionaries(st.sampled_from(["loss", "samples_processed", "elapsed_ms", "", "a\x00"]), doubles)
checkpoints = st.builds(
    link_pb2.StoredCheckpoint, sha256=hashes, size_bytes=int64s, step=int64s, fingerprint=st.sampled_from(["one", "x"])
)
files = st.builds(
    job_pb2.ResultFile,
    name=st.sampled_from(["model.safetensors", "../x", ""]),
    sha256=hashes,
    size_bytes=int64s,
)
devices = st.builds(
    common_pb2.DeviceCaps,
    device_type=st.sampled_from([1, 1, 2, 0, 5]),
    device_id=st.sampled_from(["cpu:0", "cuda:0", ""]),
    device_name=texts,
    memory_total=int64s,
    compute_units=int32s,
    compute_capability=doubles,
)
descriptions = st.one_of(
    st.builds(lambda ready: node_message_description(is_ready=ready), st.booleans()),
    st.builds(
        link_pb2.NodeDescription,
        devices=st.lists(devices, max_size=3),
        cpu_cores=int32s,
        ram_total=int64s,
        slots=int32s,
        is_ready=st.booleans(),
        software_version=texts,
        fingerprint=texts,
        capacity_bytes=st.dictionaries(st.sampled_from(["cpu:0", "x"]), int64s, max_size=2),
    ),
)
held = st.builds(
    link_pb2.HeldAttempt,
    key=keys,
    state=st.sampled_from(["starting", "running", "stopping", "interrupted", "lost"]),
    memory_bytes=int64s,
)
hellos = st.builds(
    link_pb2.Hello,
    node_id=st.sampled_from([ME, ME, ME, BYSTANDER_NODE, "", "../x"]),
    name=texts,
    protocol_version=st.sampled_from([1, 1, 1, 0, 99]),
    process_id=st.sampled_from(["mine", "mine", "other", ""]),
    description=descriptions,
    held=st.lists(held, max_size=3),
)
ends = st.builds(
    link_pb2.AttemptEnded,
    key=keys,
    outcome=outcomes,
    error_code=st.sampled_from(["", "out_of_memory", "internal", "x" * 100]),
    message=texts,
    files=st.lists(files, max_size=2),
    final_metrics=numbers_by_name,
    step=int64s,
    epoch=int32s,
    steps_total=int64s,
    compute_seconds=doubles,
    checkpoint_step=int64s,
    checkpoint=st.none() | checkpoints,
)
messages = st.one_of(
    st.builds(link_pb2.NodeMessage, hello=hellos),
    st.builds(
        link_pb2.NodeMessage,
        heartbeat=st.builds(
            link_pb2.Heartbeat, sequence=int64s, attempts=st.lists(keys, max_size=4), ram_available=int64s
        ),
    ),
    st.builds(link_pb2.NodeMessage, node_changed=st.builds(link_pb2.NodeChanged, description=st.none() | descriptions)),
    st.builds(
        link_pb2.NodeMessage,
        attempt_report=st.builds(
            link_pb2.AttemptReport,
            key=keys,
            state=states,
            memory_bytes=int64s,
            resumed_from_step=int64s,
            first_step_at_ms=int64s,
        ),
    ),
    st.builds(link_pb2.NodeMessage, attempt_ended=ends),
    st.builds(
        link_pb2.NodeMessage,
        checkpoint_stored=st.builds(link_pb2.CheckpointStored, key=keys, checkpoint=st.none() | checkpoints),
    ),
    st.builds(
        link_pb2.NodeMessage,
        plan_answer=st.builds(
            link_pb2.PlanAnswer,
            request_id=st.sampled_from(["request-1", ""]),
            memory_bytes=int64s,
            flops_per_step=doubles,
            error_code=texts,
            message=texts,
        ),
    ),
    st.just(link_pb2.NodeMessage()),
)
rows = st.builds(
    link_pb2.HistoryRow,
    key=keys,
    row=st.builds(job_pb2.MetricRow, step=int64s, epoch=int32s, at_ms=int64s, values=numbers_by_name),
)
batches = st.builds(
    link_pb2.TelemetryBatch,
    node_id=st.sampled_from([ME, ME, BYSTANDER_NODE, ""]),
    session_id=st.sampled_from([MY_SESSION, MY_SESSION, THEIR_SESSION, "made-up"]),
    sequence=int64s,
    live=st.lists(
        st.builds(
            link_pb2.LiveProgress,
            key=keys,
            step=int64s,
            steps_total=int64s,
            epoch=int32s,
            epochs=int32s,
            samples_processed=int64s,
            elapsed_ms=int64s,
            metrics=numbers_by_name,
        ),
        max_size=2,
    ),
    rows=st.lists(rows, max_size=3),
    lines=st.lists(st.builds(link_pb2.LogEntry, key=keys, at_ms=int64s, level=texts, text=texts), max_size=2),
)


def node_message_description(*, is_ready: bool) -> link_pb2.NodeDescription:
    """Return what an honest node says of itself."""
    return node_message_to_proto(a_hello(is_ready=is_ready)).hello.description


# ---- how it is said


@dataclass(frozen=True, slots=True)
class Say:
    """A message on the control stream."""

    message: link_pb2.NodeMessage
    mutation: Mutation


@dataclass(frozen=True, slots=True)
class Tell:
    """A batch on a telemetry stream of its own."""

    batch: link_pb2.TelemetryBatch
    mutation: Mutation


@dataclass(frozen=True, slots=True)
class Begin:
    """A new control stream, the old one left, cut, or open beside it."""

    old: str


steps = st.one_of(
    st.builds(Say, messages, intact),
    st.builds(Say, messages, intact),
    st.builds(Say, messages, mutations),
    st.builds(Tell, batches, intact | mutations),
    st.builds(Begin, st.sampled_from(["left", "cut", "open"])),
)


# ---- the stage


@dataclass(slots=True)
class Stage:
    """A server, the node at work on it, and the loop of them both, which runs while an example does."""

    runner: asyncio.Runner
    server: Server
    bystander: Bystander
    errors: LoggedErrors
    examples: int = 0
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def play(self, is_welcome: bool, story: Sequence[Say | Tell | Begin]) -> None:
        """Play one example and hold what must hold."""
        self.examples += 1
        self.errors.lines.clear()
        self.runner.run(_within(self._play(Rude(self.server, self.examples), is_welcome, story)))
        assert not self.errors.lines, "\n".join(self.errors.lines)

    async def _play(self, rude: Rude, is_welcome: bool, story: Sequence[Say | Tell | Begin]) -> None:
        await submit(self.server, job_id=rude.job_id)
        try:
            await self._let(rude, is_welcome, story)
            await self.bystander.is_untouched()
            await everything_is_served(self.server, rude.job_id)
        finally:
            await self.server.jobs.DeleteJob(job_pb2.DeleteJobRequest(job_id=rude.job_id))

    async def _let(self, rude: Rude, is_welcome: bool, story: Sequence[Say | Tell | Begin]) -> None:
        names = {MINE: rude.job_id, ME: rude.node_id, THEIR_SESSION: self.bystander.node.session_id}
        await rude.begin("left")
        if is_welcome:
            await rude.introduce_itself()
        for step in story:
            match step:
                case Say(message, mutation):
                    await rude.say(mutation.applied_to(_named(message, names)))
                case Tell(batch, mutation):
                    session = {MY_SESSION: rude.session_id}
                    await rude.tell(mutation.applied_to(_named(batch, names | session)))
                case Begin(old):
                    await rude.begin(old)
        codes = await rude.end()
        assert set(codes) <= MEANT, f"{codes} {self.errors.lines}"


class Rude:
    """The node that says anything."""

    def __init__(self, server: Server, number: int) -> None:
        self.node_id, self.job_id, self.session_id = f"rude-{number}", f"job-{number}", ""
        self._server = server
        self._node: FakeNode | None = None
        self._open: list[FakeNode] = []
        self._codes: list[grpc.StatusCode] = []

    async def begin(self, old: str) -> None:
        """Open a control stream."""
        if self._node is not None and old == "cut":
            self._node.cut()
            self._open.remove(self._node)
        elif self._node is not None and old == "left":
            await _unless_closed(self._node.leave())
        self._node = FakeNode(self._server, a_hello(self.node_id))
        self._open.append(self._node)

    async def introduce_itself(self) -> None:
        """Say an honest Hello and wait for the job's offer."""
        assert self._node is not None
        hello = node_message_to_proto(a_hello(self.node_id, process_id="mine"))
        await self._node.say_bytes(hello.SerializeToString())
        self.session_id = (await self._node.expect(Welcome)).session_id
        assert (await self._node.expect(OfferAttempt)).key.job_id == self.job_id

    async def say(self, raw: bytes) -> None:
        """Say it, if anybody listens."""
        assert self._node is not None
        await _unless_closed(self._node.say_bytes(raw))

    async def tell(self, raw: bytes) -> None:
        """Tell it and hear the stream to its end."""
        stream = open_stream(self._server, "Telemetry")
        await _unless_closed(stream.write(raw))
        await _unless_closed(stream.done_writing())
        with suppress(grpc.aio.AioRpcError):
            while await stream.read() is not grpc.aio.EOF:
                pass
        if await stream.details() != OF_THE_CLIENT:
            self._codes.append(await stream.code())

    async def end(self) -> list[grpc.StatusCode]:
        """Leave every stream and return how each ended."""
        for node in self._open:
            await _unless_closed(node.leave())
            code, sentence = await node.code_at_end()
            if sentence != OF_THE_CLIENT:
                self._codes.append(code)
        return self._codes


async def everything_is_served(server: Server, job_id: str) -> None:
    """Hold that what people read is there, whatever was stored: as messages, and as JSON that is JSON."""
    await server.jobs.ListJobs(job_pb2.ListJobsRequest(page_size=2))
    await server.nodes.ListNodes(node_pb2.ListNodesRequest(page_size=3))
    await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=job_id))
    await server.jobs.GetMetrics(job_pb2.GetMetricsRequest(job_id=job_id))
    with suppress_code(grpc.StatusCode.FAILED_PRECONDITION):  # not every job has a result
        await server.jobs.GetJobResult(job_pb2.GetJobResultRequest(job_id=job_id))
    async for _ in server.jobs.GetLogs(job_pb2.GetLogsRequest(job_id=job_id)):
        pass
    async with httpx.AsyncClient(base_url=server.http, headers=server.headers) as http:
        for path in ("/api/v1/nodes", f"/api/v1/jobs/{job_id}"):
            answer = await http.get(path)
            assert answer.status_code == 200
            json.loads(answer.text, parse_constant=_no_json)


class suppress_code:  # noqa: N801 - reads as contextlib.suppress does
    """Pass over an rpc that ended with this code."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        return isinstance(error, grpc.aio.AioRpcError) and error.code() is self._code


def _no_json(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


async def _within(work: Awaitable[None]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await work


async def _unless_closed(work: Awaitable[None]) -> None:
    with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
        await work


def _named(message: Message, names: dict[str, str]) -> bytes:
    """Return the bytes of `message` with real names in place of those that a strategy cannot know."""
    copy = type(message)()
    copy.CopyFrom(message)
    _give_names(copy, names)
    return copy.SerializeToString()


def _give_names(message: Message, names: dict[str, str]) -> None:
    for descriptor, value in message.ListFields():
        if isinstance(value, str) and value in PLACEHOLDERS:
            setattr(message, descriptor.name, names[value])
        elif isinstance(value, Message):
            _give_names(value, names)
        elif descriptor.message_type is not None and not descriptor.message_type.GetOptions().map_entry:
            for part in value:
                _give_names(part, names)


@asynccontextmanager
async def a_stage(folder: Path) -> AsyncIterator[tuple[Server, Bystander]]:
    """A server whose leases outlast every pause between examples."""
    async with running_server(folder, lease_seconds=3600.0) as server, a_bystander(server) as bystander:
        yield server, bystander


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage for every example; what is open lives in a task of its own, between examples asleep with the loop."""
    with logged_errors() as errors, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        opened, closing = runner.run(_opened(tmp_path_factory.mktemp("state")))
        server, bystander = opened.result()
        yield Stage(runner, server, bystander, errors)
        runner.run(_closed(closing))


async def _opened(folder: Path) -> tuple[asyncio.Future[tuple[Server, Bystander]], Any]:
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[tuple[Server, Bystander]] = loop.create_future()
    is_over = asyncio.Event()

    async def keep_open() -> None:
        async with a_stage(folder) as parts:
            opened.set_result(parts)
            await is_over.wait()

    keeper = loop.create_task(keep_open())
    waits: list[asyncio.Future[Any]] = [opened, keeper]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    return opened, (is_over, keeper)


async def _closed(closing: tuple[asyncio.Event, asyncio.Task[None]]) -> None:
    is_over, keeper = closing
    is_over.set()
    await keeper


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(is_welcome=st.booleans(), story=st.lists(steps, max_size=12))
def test_whatever_a_node_says_it_harms_nobody_else(
    stage: Stage, is_welcome: bool, story: list[Say | Tell | Begin]
) -> None:
    before = psutil.Process().memory_info().rss
    stage.play(is_welcome, story)
    assert psutil.Process().memory_info().rss - before < GROWTH_BYTES
