"""The control loop's own rules: durable before said, nothing after a failed commit, rebuilt from the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from central_server import control_loop
from central_server.control_loop import ControlLoop
from central_server.ports import StoredState
from central_server.read_model import ReadModel
from central_server.scheduler.cluster import Cluster
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.events import CancelRequested, DeleteRequested, NodeConnected, Now, SubmitRequested
from central_server.scheduler.jobs import JobRecord
from central_server.standing_clock import StandingClock
from central_server.storage.store import SqlStore
from central_server.watchers import Watchers
from shared.backoff import Backoff
from shared.clock import SystemClock
from shared.errors import NotFound, OurBug, StoreUnavailable
from shared.lifecycle import JobState
from shared.node_messages import OfferAttempt, ServerMessage, Welcome
from tests.builders import a_hello, a_spec
from tests.central_server.failing_store import FailingStore

NO_WAIT = Backoff(first_seconds=0.001, cap_seconds=0.001, floor_seconds=0.001)


@dataclass
class RecordedSessions:
    """Keeps what was sent."""

    sent: list[tuple[str, ServerMessage]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def send(self, session_id: str, message: ServerMessage) -> None:
        self.sent.append((session_id, message))

    def close(self, session_id: str, code: str, message: str) -> None:
        self.closed.append(code)

    def close_all(self, code: str, message: str) -> None:
        self.closed.append(code)


@dataclass
class RecordedArtifacts:
    """Keeps what was released."""

    released: set[str] = field(default_factory=set)

    def release(self, sha256s: frozenset[str]) -> None:
        self.released |= sha256s


@dataclass
class Rig:
    loop: ControlLoop
    store: FailingStore
    sessions: RecordedSessions
    artifacts: RecordedArtifacts
    read_model: ReadModel
    clusters: list[Cluster]
    running: asyncio.Task[None]

    def submission(self, job_id: str = "job") -> SubmitRequested:
        return SubmitRequested(self.loop.new_request_id(), job_id, a_spec(), f"digest of {job_id}")


@asynccontextmanager
async def a_rig(tmp_path: Path) -> AsyncIterator[Rig]:
    store = FailingStore(SqlStore.open(f"sqlite:///{tmp_path / 'db.sqlite3'}"))
    sessions, artifacts, clusters = RecordedSessions(), RecordedArtifacts(), []
    read_model = ReadModel(store, Watchers(1))

    def build(state: StoredState, now: Now) -> Cluster:
        cluster = Cluster(
            ClusterSettings(), now=now, jobs=state.jobs, nodes=state.nodes, next_sequence=state.next_sequence
        )
        clusters.append(cluster)
        return cluster

    loop = ControlLoop(
        build_cluster=build,
        store=store,
        sessions=sessions,
        read_model=read_model,
        artifacts=artifacts,  # type: ignore[arg-type]  # the loop only ever releases
        clock=SystemClock(),
        rebuild_backoff=NO_WAIT,
    )
    await loop.start()
    running = asyncio.get_running_loop().create_task(loop.run())
    try:
        yield Rig(loop, store, sessions, artifacts, read_model, clusters, running)
    finally:
        if store.held is not None:
            store.held.set()
        loop.stop()
        await asyncio.wait([running])
        await store.close()


async def test_an_answer_comes_after_the_commit(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        rig.store.held = asyncio.Event()
        asked = asyncio.get_running_loop().create_task(rig.loop.ask(rig.submission()))
        done, _ = await asyncio.wait([asked], timeout=0.05)
        assert not done
        assert rig.read_model.seen_now("job") is None
        rig.store.held.set()
        record = await asked
        assert isinstance(record, JobRecord)
        assert await rig.store.find_job("job") == record
        assert rig.read_model.seen_now("job") is not None


async def test_nothing_is_sent_before_the_commit(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        await rig.loop.ask(rig.submission())
        rig.store.held = asyncio.Event()
        await rig.loop.tell(NodeConnected("s", a_hello()))
        await asyncio.sleep(0.05)
        assert rig.sessions.sent == []
        rig.store.held.set()
        await rig.loop.ask(rig.submission("other"))
        assert [type(message) for _, message in rig.sessions.sent] == [Welcome, OfferAttempt, OfferAttempt]


async def test_a_failed_commit_answers_unavailable_and_sends_nothing(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        await rig.loop.tell(NodeConnected("s", a_hello()))
        await rig.loop.ask(rig.submission("before"))
        rig.sessions.sent.clear()
        rig.store.failures = 1
        with pytest.raises(StoreUnavailable):
            await rig.loop.ask(rig.submission())
        assert rig.sessions.sent == []
        assert rig.sessions.closed == ["restarting"]
        assert rig.read_model.seen_now("job") is None


async def test_the_core_is_rebuilt_from_the_store_after_a_failed_commit(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        await rig.loop.ask(rig.submission("before"))
        rig.store.failures = 3
        with pytest.raises(StoreUnavailable):
            await rig.loop.ask(rig.submission("lost"))
        await _until(lambda: rig.loop.is_working)
        assert len(rig.clusters) == 2
        assert [job.job_id for job in rig.clusters[-1].jobs()] == ["before"]
        record = await rig.loop.ask(rig.submission("lost"))
        assert isinstance(record, JobRecord)
        assert record.sequence == 2


async def test_a_commit_that_failed_after_it_was_written_is_found_again(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        rig.store.failures, rig.store.writes_before_failing = 1, True
        with pytest.raises(StoreUnavailable):
            await rig.loop.ask(rig.submission())
        await _until(lambda: rig.loop.is_working)
        record = await rig.loop.ask(rig.submission())
        assert isinstance(record, JobRecord)
        assert (record.state, record.sequence) == (JobState.QUEUED, 1)


async def test_requests_are_refused_while_there_is_no_core(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        rig.store.failures = 5
        with pytest.raises(StoreUnavailable):
            await rig.loop.ask(rig.submission())
        assert not rig.loop.is_working
        with pytest.raises(StoreUnavailable):
            await rig.loop.ask(rig.submission("other"))


async def test_the_loop_gives_up_after_too_many_failures_in_a_row(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        rig.store.failures = control_loop.FAILURES_BEFORE_EXIT
        with pytest.raises(StoreUnavailable):
            await rig.loop.ask(rig.submission())
        with pytest.raises(StoreUnavailable):
            await rig.running


async def test_a_bug_in_the_core_drops_it_and_not_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_rig(tmp_path) as rig:
        with monkeypatch.context() as patched:
            patched.setattr(Cluster, "plan", lambda _self, _now: 1 / 0)
            with pytest.raises(OurBug):
                await rig.loop.ask(rig.submission())
        await _until(lambda: rig.loop.is_working)
        assert isinstance(await rig.loop.ask(rig.submission()), JobRecord)


async def test_a_refusal_reaches_its_caller_alone(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        nothing = CancelRequested(rig.loop.new_request_id(), "nobody", "")
        results = await asyncio.gather(rig.loop.ask(rig.submission()), rig.loop.ask(nothing), return_exceptions=True)
        assert isinstance(results[0], JobRecord)
        assert isinstance(results[1], NotFound)


async def test_artifacts_that_only_a_deleted_job_used_are_released(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        dataset = f"artifact://sha256:{'a' * 64}?format=csv"
        submission = SubmitRequested(rig.loop.new_request_id(), "job", a_spec(dataset=dataset), "digest")
        await rig.loop.ask(submission)
        await rig.loop.ask(DeleteRequested(rig.loop.new_request_id(), "job"))
        assert rig.artifacts.released == {"a" * 64}


@dataclass
class SteppedClock:
    """A clock that jumps when told to."""

    seconds: float = 100.0

    def monotonic_seconds(self) -> float:
        return self.seconds

    def unix_ms(self) -> int:
        return round(self.seconds * 1000)


def test_time_in_which_the_server_could_not_work_is_no_time_for_leases() -> None:
    clock = SteppedClock()
    standing = StandingClock(clock)
    before = standing.now()
    clock.seconds += 30
    standing.hold(29)
    assert standing.now().seconds == before.seconds + 1
    assert standing.now().unix_ms == before.unix_ms + 30_000


async def test_many_callers_at_once_are_all_answered(tmp_path: Path) -> None:
    async with a_rig(tmp_path) as rig:
        answers = await asyncio.gather(*(rig.loop.ask(rig.submission(f"job{number}")) for number in range(300)))
        assert len({answer.job_id for answer in answers if isinstance(answer, JobRecord)}) == 300
        assert len((await rig.store.load()).jobs) == 300


async def test_a_client_that_is_faster_than_the_store_waits_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_loop, "CAPACITY_EVENTS", 5)
    async with a_rig(tmp_path) as rig, asyncio.TaskGroup() as tasks:
        rig.store.held = asyncio.Event()
        asked = [tasks.create_task(rig.loop.ask(rig.submission(f"job{number}"))) for number in range(100)]
        done, _ = await asyncio.wait(asked, timeout=0.05)
        assert not done
        assert len(rig.loop._inbox) == 5
        rig.store.held.set()
        await asyncio.wait(asked)
        assert len((await rig.store.load()).jobs) == 100


async def _until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_true():  # noqa: ASYNC110 - the loop tells nobody when it has a core again
            await asyncio.sleep(0.001)
