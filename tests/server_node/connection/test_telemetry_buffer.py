"""The buffer: everything but live progress is told until acknowledged, in order, within bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server_node.connection.telemetry_buffer import TelemetryBuffer
from server_node.telemetry_records import HistoryRow, LiveProgress, LogLine
from tests.server_node.builders import a_key


def row(step: int, job_id: str = "job") -> HistoryRow:
    return HistoryRow(a_key(job_id), step, 1, 0, {"loss": 1.0})


def line(text: str) -> LogLine:
    return LogLine(a_key(), 0, "info", text)


def test_only_the_newest_live_progress_is_told_and_only_once() -> None:
    buffer = TelemetryBuffer()
    for step in (1, 2):
        buffer.add(LiveProgress(a_key(), step, 10, 1, 1, 0, 0, {}))
    assert [live.step for live in buffer.next_batch().live] == [2]
    buffer.begin_stream()
    assert not buffer.has_news()


def test_what_was_not_acknowledged_is_told_again_in_order() -> None:
    buffer = TelemetryBuffer(batch_length=2)
    for step in range(5):
        buffer.add(row(step))
    buffer.next_batch()
    buffer.next_batch()
    buffer.acknowledge(1)
    buffer.begin_stream()
    batch = buffer.next_batch()
    assert batch.sequence == 1
    assert [told.step for told in (*batch.rows, *buffer.next_batch().rows)] == [2, 3, 4]


def test_an_attempt_is_told_when_its_last_row_is_acknowledged() -> None:
    buffer = TelemetryBuffer()
    assert buffer.is_told(a_key())
    buffer.add(row(1))
    buffer.add(row(1, "other"))
    buffer.next_batch()
    assert not buffer.is_told(a_key())
    buffer.acknowledge(1)
    assert buffer.is_told(a_key())
    assert buffer.is_told(a_key("other"))


def test_the_oldest_lines_are_dropped_and_counted() -> None:
    buffer = TelemetryBuffer(line_bound=2)
    for text in "abcd":
        buffer.add(line(text))
    assert [told.text for told in buffer.next_batch().lines] == ["c", "d"]
    assert buffer.dropped == 2
    buffer.acknowledge(1)
    assert buffer.is_told(a_key())


def test_the_oldest_rows_are_dropped_and_counted() -> None:
    buffer = TelemetryBuffer(row_bound=3)
    for step in range(5):
        buffer.add(row(step))
    assert [told.step for told in buffer.next_batch().rows] == [2, 3, 4]
    assert buffer.dropped == 2


@given(st.lists(st.sampled_from(["add", "tell", "acknowledge", "reconnect"]), max_size=60))
def test_no_row_is_lost_whatever_is_cut_when(actions: list[str]) -> None:
    buffer, added, told, acknowledged = TelemetryBuffer(batch_length=3), 0, list[tuple[int, list[int]]](), set[int]()
    for action in actions:
        match action:
            case "add":
                buffer.add(row(added))
                added += 1
            case "tell" if buffer.has_news():
                batch = buffer.next_batch()
                told.append((batch.sequence, [item.step for item in batch.rows]))
            case "acknowledge" if told:
                sequence, steps = told.pop(0)
                acknowledged.update(steps)
                buffer.acknowledge(sequence)
            case "reconnect":
                told.clear()
                buffer.begin_stream()
    buffer.begin_stream()
    left = [item.step for _ in range(added) if buffer.has_news() for item in buffer.next_batch().rows]
    assert left == sorted(set(range(added)) - acknowledged)
