"""Rounds of clean-up over a real store, real files and a real control loop: what is over a limit goes, no more."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from central_server.artifacts.local_directory import LocalArtifacts
from central_server.artifacts.sweep import ArtifactSweep
from central_server.control_loop import ControlLoop
from central_server.identity.audit_entry import AuditEntry
from central_server.identity.security_store import AuditQuery
from central_server.read_model import ReadModel
from central_server.retention import cleanup as cleanup_module
from central_server.retention.cleanup import Cleanup
from central_server.retention.limits import DAY_MS, Limits
from central_server.rpc.live_sessions import LiveSessions
from central_server.scheduler.cluster import Cluster
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import SaveJob
from central_server.scheduler.events import CancelRequested, ExpiryRequested, SubmitRequested
from central_server.scheduler.jobs import JobRecord
from central_server.storage.store import SqlStore
from central_server.telemetry_records import LogLine, MetricRow
from central_server.watchers import Watchers
from shared.clock import SystemClock
from shared.errors import NotFound
from tests.builders import a_spec
from tests.storage_conformance.suite import a_finished_job


@dataclass
class LaterClock:
    """The system's clock, so many days later, since files take their times from the system."""

    days_later: float = 1.0

    def monotonic_seconds(self) -> float:
        return SystemClock().monotonic_seconds()

    def unix_ms(self) -> int:
        return SystemClock().unix_ms() + round(self.days_later * DAY_MS)


@dataclass
class Rig:
    """A server without its network."""

    store: SqlStore
    artifacts: LocalArtifacts
    sweep: ArtifactSweep
    loop: ControlLoop
    read_model: ReadModel
    clock: LaterClock

    def cleanup(self, limits: Limits) -> Cleanup:
        async def forget(job_ids: tuple[str, ...]) -> None:
            await self.loop.ask(ExpiryRequested(self.loop.new_request_id(), job_ids))

        return Cleanup(
            limits,
            store=self.store,
            artifacts=self.sweep,
            forget=forget,
            named=self.read_model.named_by_live_jobs,
            clock=self.clock,
        )

    async def clean(self, limits: Limits) -> None:
        await self.cleanup(limits).clean()
        await self.sweep.sweep()

    async def put_ended(self, number: int, content: bytes = b"", *, days_ago: float = 0.0) -> JobRecord:
        sha256s = [await self.artifacts.put(content)] if content else []
        ended_at_ms = self.clock.unix_ms() - round(days_ago * DAY_MS) + number
        record = replace(a_finished_job(f"job{number}", number, *sha256s), ended_at_ms=ended_at_ms)
        await self.store.commit([SaveJob(record)])
        row, line = MetricRow(record.job_id, 1, 1, 1, 1, {}), LogLine(record.job_id, 1, 1, "info", "text")
        await self.store.add_telemetry([row], [line])
        return record

    async def submit(self, job_id: str, **fields: Any) -> None:
        event = SubmitRequested(self.loop.new_request_id(), job_id, a_spec(**fields), "digest")
        await self.loop.ask(replace(event, met=frozenset(event.spec.after)))

    async def left(self) -> list[str]:
        return [f"job{number}" for number in range(10) if await self.store.find_job(f"job{number}")]


@asynccontextmanager
async def a_rig(folder: Path) -> AsyncIterator[Rig]:
    clock = LaterClock()
    store = SqlStore.open(f"sqlite:///{folder / 'db.sqlite3'}")
    artifacts = LocalArtifacts(folder / "artifacts", most_bytes=2**30)
    artifacts.open()
    sweep = ArtifactSweep(artifacts, store, clock)
    read_model = ReadModel(store, Watchers(1))
    loop = ControlLoop(
        build_cluster=lambda state, now: Cluster(ClusterSettings(), now=now, jobs=state.jobs),
        store=store,
        sessions=LiveSessions(),
        read_model=read_model,
        artifacts=artifacts,
        clock=SystemClock(),
    )
    await loop.start()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run())
        try:
            yield Rig(store, artifacts, sweep, loop, read_model, clock)
        finally:
            loop.stop()
    await store.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with a_rig(tmp_path) as made:
        yield made


async def test_without_limits_nothing_goes(rig: Rig) -> None:
    await rig.put_ended(1, days_ago=10_000)
    await rig.clean(Limits())
    assert await rig.left() == ["job1"]


async def test_old_jobs_go_with_their_metrics_logs_and_files(rig: Rig) -> None:
    old = await rig.put_ended(1, b"weights", days_ago=11)
    await rig.put_ended(2, b"others", days_ago=9)
    await rig.clean(Limits(jobs_days=10))
    assert await rig.left() == ["job2"]
    assert await rig.store.metric_rows("job1", after_step=-1, limit=9) == ()
    assert await rig.store.log_lines("job1", after_sequence=0, limit=9) == ()
    assert old.result is not None
    assert not await rig.artifacts.has(old.result.files[0].sha256)
    assert await rig.artifacts.has(hashlib.sha256(b"others").hexdigest())


async def test_the_oldest_go_when_there_are_too_many(rig: Rig) -> None:
    for number in range(5):
        await rig.put_ended(number)
    await rig.clean(Limits(jobs_count=2))
    assert await rig.left() == ["job3", "job4"]


async def test_the_oldest_go_when_they_take_too_much(rig: Rig) -> None:
    for number in range(4):
        await rig.put_ended(number, bytes([number]) * 1_000_000)
    used = (await rig.store.size()).used_bytes
    await rig.clean(Limits(total_bytes=used + 2_500_000))
    assert await rig.left() == ["job2", "job3"]
    assert sum((await rig.artifacts.sizes()).values()) == 2_000_000


async def test_uploads_that_nobody_uses_go_before_jobs_do(rig: Rig) -> None:
    await rig.put_ended(1, b"r" * 1_000_000)
    await rig.artifacts.put(b"u" * 1_000_000)
    await rig.clean(Limits(total_bytes=(await rig.store.size()).used_bytes + 1_500_000))
    assert await rig.left() == ["job1"]
    assert len(await rig.artifacts.sizes()) == 1


async def test_what_a_live_job_refers_to_stays(rig: Rig) -> None:
    await rig.put_ended(1, b"dataset or weights", days_ago=99)
    await rig.put_ended(2, days_ago=99)
    sha256 = hashlib.sha256(b"dataset or weights").hexdigest()
    await rig.submit("live", dataset=f"artifact://sha256:{sha256}?format=csv", after=("job2",))
    await rig.clean(Limits(jobs_days=1, jobs_count=1, total_bytes=1))
    assert await rig.left() == ["job2"]
    assert await rig.artifacts.has(sha256)
    assert await rig.store.find_job("live") is not None


async def test_a_job_that_ended_lately_is_forgotten_by_the_core_and_by_readers_too(rig: Rig) -> None:
    await rig.submit("job1")
    await rig.loop.ask(CancelRequested(rig.loop.new_request_id(), "job1", ""))
    assert rig.read_model.seen_now("job1") is not None
    await rig.clean(Limits(jobs_days=0.5))
    assert rig.read_model.seen_now("job1") is None
    with pytest.raises(NotFound):
        await rig.loop.ask(CancelRequested(rig.loop.new_request_id(), "job1", ""))


async def test_logs_and_metrics_can_go_before_their_job(rig: Rig) -> None:
    await rig.put_ended(1, days_ago=5)
    await rig.put_ended(2, days_ago=1)
    cleanup = rig.cleanup(Limits(metrics_days=3, logs_days=7))
    await cleanup.clean()
    assert await rig.store.metric_rows("job1", after_step=-1, limit=9) == ()
    assert len(await rig.store.log_lines("job1", after_sequence=0, limit=9)) == 1
    assert len(await rig.store.metric_rows("job2", after_step=-1, limit=9)) == 1
    rig.clock.days_later += 4
    await cleanup.clean()
    assert await rig.store.log_lines("job1", after_sequence=0, limit=9) == ()
    assert await rig.left() == ["job1", "job2"]


async def test_entries_of_the_audit_log_go_when_they_are_old_and_none_without_a_limit(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleanup_module, "RECORDS_AT_ONCE", 2)
    now = rig.clock.unix_ms()
    days_ago = (9, 8, 7, 6, 1)
    await rig.store.add_audit(
        [AuditEntry(now - days * DAY_MS, "ada", "admin", "", "", "A/B", str(days), "ok") for days in days_ago]
    )
    await rig.clean(Limits(jobs_days=1, logs_days=1))
    assert len(await rig.store.list_audit(AuditQuery())) == 5
    await rig.clean(Limits(audit_days=5))
    assert [entry.subject for entry in await rig.store.list_audit(AuditQuery())] == ["1"]


async def test_disk_use_stays_bounded_over_ten_thousand_jobs(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleanup_module, "PAGE_JOBS", 500)  # fewer commits, whose syncs would be most of the test
    cleanup = rig.cleanup(Limits(jobs_count=500))
    peaks = []
    for start in range(0, 10_000, 500):
        records = [_record_with_file(rig, number) for number in range(start, start + 500)]
        await rig.store.commit([SaveJob(record) for record in records])
        rows = [MetricRow(record.job_id, 1, 1, 1, 1, {"loss": 0.5}) for record in records[::5]]
        await rig.store.add_telemetry(rows, [LogLine(row.job_id, 1, 1, "info", "done") for row in rows])
        peaks.append(_disk_bytes(tmp_path))
        await cleanup.clean()
        await rig.sweep.sweep()
    assert (await rig.store.size()).jobs == 500
    assert len(await rig.artifacts.sizes()) == 50
    # From the third batch on nothing grows any more: what was freed is written again.
    assert max(peaks[10:]) <= 1.1 * max(peaks[2:10])


def _record_with_file(rig: Rig, number: int) -> JobRecord:
    """Every tenth job has a result; its file is written past `put`, whose syncs would be most of the test."""
    if number % 10:
        return replace(a_finished_job(f"job{number}", number + 1), ended_at_ms=number + 1)
    content = str(number).encode() * 1000
    sha256 = hashlib.sha256(content).hexdigest()
    path = rig.artifacts.path(sha256)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return replace(a_finished_job(f"job{number}", number + 1, sha256), ended_at_ms=number + 1)


def _disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
