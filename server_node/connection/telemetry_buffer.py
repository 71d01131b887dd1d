"""What waits to be told about attempts and devices, and what was told and is not acknowledged yet. No I/O, no clock.

Rows and lines are kept until acknowledged, and told again on a new stream. Of live progress and of what devices are
used for only the newest counts, and it is never told twice. When too many rows or lines wait, the oldest are dropped
and counted.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TypeVar

from server_node.telemetry_records import DeviceUse, DeviceUses, HistoryRow, LiveProgress, LogLine, TelemetryRecord
from shared.identifiers import AttemptKey

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class Batch:
    """What is told at once; `sequence` grows by one a batch on a stream."""

    sequence: int
    live: tuple[LiveProgress, ...]
    rows: tuple[HistoryRow, ...]
    lines: tuple[LogLine, ...]
    device_uses: tuple[DeviceUse, ...] = ()
    dropped: int = 0


class TelemetryBuffer:
    """Owned by one telemetry stream.

    Args:
        row_bound: how many rows may wait.
        line_bound: how many lines may wait.
        batch_length: how many rows, and how many lines, go into one batch.
    """

    def __init__(self, *, row_bound: int = 200_000, line_bound: int = 10_000, batch_length: int = 500) -> None:
        self._batch_length = batch_length
        self._row_bound = row_bound
        self._line_bound = line_bound
        self._live: dict[AttemptKey, LiveProgress] = {}
        self._device_uses: tuple[DeviceUse, ...] = ()
        self._rows: deque[HistoryRow] = deque()
        self._lines: deque[LogLine] = deque()
        self._told: deque[Batch] = deque()
        self._sequence = 0
        self._unacknowledged: Counter[AttemptKey] = Counter()
        self.dropped = 0

    def add(self, record: TelemetryRecord) -> None:
        """Take one record."""
        match record:
            case LiveProgress():
                self._live[record.key] = record
                return
            case DeviceUses():
                self._device_uses = record.uses
                return
            case HistoryRow():
                self._rows.append(record)
            case LogLine():
                self._lines.append(record)
        self._unacknowledged[record.key] += 1
        self._drop_oldest()

    def has_news(self) -> bool:
        """Tell whether the next batch would hold anything."""
        return bool(self._live or self._rows or self._lines or self._device_uses)

    @property
    def told_batches(self) -> int:
        """How many batches wait to be acknowledged."""
        return len(self._told)

    def next_batch(self) -> Batch:
        """Take the next batch out; its rows and lines stay remembered until acknowledged."""
        self._sequence += 1
        live = tuple(self._live.values())
        self._live.clear()
        uses, self._device_uses = self._device_uses, ()
        rows, lines = self._take(self._rows), self._take(self._lines)
        batch = Batch(self._sequence, live, rows, lines, uses, self.dropped)
        self._told.append(batch)
        return batch

    def acknowledge(self, sequence: int) -> None:
        """Forget every batch up to that one."""
        while self._told and self._told[0].sequence <= sequence:
            batch = self._told.popleft()
            records: tuple[HistoryRow | LogLine, ...] = (*batch.rows, *batch.lines)
            for record in records:
                self._count_off(record.key)

    def begin_stream(self) -> None:
        """Everything that was not acknowledged waits again, in its old order; sequences begin anew."""
        while self._told:
            batch = self._told.pop()
            self._rows.extendleft(reversed(batch.rows))
            self._lines.extendleft(reversed(batch.lines))
        self._sequence = 0

    def is_told(self, key: AttemptKey) -> bool:
        """Tell whether every row and line of an attempt was acknowledged."""
        return key not in self._unacknowledged

    def _take(self, waiting: deque[_Record]) -> tuple[_Record, ...]:
        return tuple(waiting.popleft() for _ in range(min(self._batch_length, len(waiting))))

    def _drop_oldest(self) -> None:
        while len(self._rows) > self._row_bound:
            self._drop(self._rows.popleft())
        while len(self._lines) > self._line_bound:
            self._drop(self._lines.popleft())

    def _drop(self, record: HistoryRow | LogLine) -> None:
        self.dropped += 1
        self._count_off(record.key)

    def _count_off(self, key: AttemptKey) -> None:
        self._unacknowledged[key] -= 1
        if not self._unacknowledged[key]:
            del self._unacknowledged[key]
