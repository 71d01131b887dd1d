"""Telemetry records as the messages of `link.proto`. It only converts."""

from __future__ import annotations

from server_node.connection.telemetry_buffer import Batch
from server_node.telemetry_records import DeviceUse, HistoryRow, LiveProgress, LogLine
from shared.node_message_wire import attempt_key_to_proto
from shared.pb import job_pb2, link_pb2


def batch_to_proto(batch: Batch, *, node_id: str, session_id: str) -> link_pb2.TelemetryBatch:
    """Return the message of a batch; the ids are given in the first one of a stream and may be empty later."""
    return link_pb2.TelemetryBatch(
        node_id=node_id,
        session_id=session_id,
        sequence=batch.sequence,
        live=[_live_to_proto(live) for live in batch.live],
        rows=[_row_to_proto(row) for row in batch.rows],
        lines=[_line_to_proto(line) for line in batch.lines],
        device_uses=[_use_to_proto(use) for use in batch.device_uses],
        dropped=batch.dropped,
    )


def _live_to_proto(live: LiveProgress) -> link_pb2.LiveProgress:
    return link_pb2.LiveProgress(
        key=attempt_key_to_proto(live.key),
        step=live.step,
        steps_total=live.steps_total,
        epoch=live.epoch,
        epochs=live.epochs,
        samples_processed=live.samples_processed,
        elapsed_ms=live.elapsed_ms,
        metrics=dict(live.metrics),
    )


def _row_to_proto(row: HistoryRow) -> link_pb2.HistoryRow:
    values = job_pb2.MetricRow(step=row.step, epoch=row.epoch, at_ms=row.at_ms, values=dict(row.values))
    return link_pb2.HistoryRow(key=attempt_key_to_proto(row.key), row=values)


def _use_to_proto(use: DeviceUse) -> link_pb2.DeviceUse:
    return link_pb2.DeviceUse(
        device_id=use.device_id, memory_used_bytes=use.memory_used_bytes, utilisation=use.utilisation
    )


def _line_to_proto(line: LogLine) -> link_pb2.LogEntry:
    return link_pb2.LogEntry(key=attempt_key_to_proto(line.key), at_ms=line.at_ms, level=line.level, text=line.text)
