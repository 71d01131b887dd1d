"""The batched writer: few transactions, futures that tell the truth, and waiting instead of growing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from central_server.telemetry import writer as writer_module
from central_server.telemetry.writer import TelemetryWriter
from central_server.telemetry_records import LogLine, MetricRow
from central_server.watchers import Watchers
from shared.errors import StoreUnavailable


@dataclass
class RecordingStore:
    """Keeps the batches it was given."""

    batches: list[tuple[int, int]] = field(default_factory=list)
    is_broken: bool = False

    async def add_telemetry(self, rows: Sequence[MetricRow], lines: Sequence[LogLine]) -> None:
        if self.is_broken:
            raise StoreUnavailable("the disk is full")
        self.batches.append((len(rows), len(lines)))


def a_row(step: int) -> MetricRow:
    return MetricRow("job", 1, step, 1, 0, {})


def a_writer(store: RecordingStore) -> TelemetryWriter:
    return TelemetryWriter(store, Watchers(1))  # type: ignore[arg-type]  # asks only for add_telemetry


async def test_what_waits_is_written_together() -> None:
    store = RecordingStore()
    writer = a_writer(store)
    futures = [await writer.add([a_row(step)], []) for step in range(10)]
    await writer.flush()
    assert store.batches == [(10, 0)]
    assert all(future.done() for future in futures)


async def test_large_batches_leave_room_for_control_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "BATCH_RECORDS", 4)
    store = RecordingStore()
    writer = a_writer(store)
    await writer.add([a_row(step) for step in range(10)], [])
    await writer.flush()
    assert store.batches == [(4, 0), (4, 0), (2, 0)]


async def test_a_failed_write_is_told_to_those_who_wait() -> None:
    writer = a_writer(RecordingStore(is_broken=True))
    durable = await writer.add([a_row(1)], [])
    await writer.flush()
    with pytest.raises(StoreUnavailable):
        await durable


async def test_add_waits_while_too_much_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "CAPACITY_RECORDS", 3)
    writer = a_writer(RecordingStore())
    await writer.add([a_row(step) for step in range(3)], [])
    waiting = asyncio.get_running_loop().create_task(writer.add([a_row(9)], []))
    await asyncio.sleep(0)
    assert not waiting.done()
    await writer.flush()
    assert not (await waiting).done()
