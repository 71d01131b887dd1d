"""One telemetry stream of one node: batches in, acknowledgements out once their rows and lines are durable.

A stream belongs to a control stream of the same node and is closed when that one is gone. It decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import grpc

from central_server.ports import TelemetrySink
from central_server.rpc.context import Context
from central_server.rpc.registration import parse_message
from central_server.telemetry_records import DeviceUse, LogLine, MetricRow, Progress
from shared.errors import CyxWizError, PeerFault, WrongState
from shared.node_description_wire import short_text
from shared.node_message_wire import attempt_key_from_proto
from shared.pb import link_pb2

UNACKNOWLEDGED_BATCHES = 64
BATCH_RECORDS = 10_000
"""A node tells a twentieth of this at once; what waits to be written is bounded by whole batches."""
LONGEST_LINE_CHARACTERS = 16_384
LONGEST_DEVICE_ID_CHARACTERS = 100

_Pending = asyncio.Queue[tuple[int, asyncio.Future[None]] | None]


class TelemetrySession:
    """Serves one stream."""

    def __init__(self, sink: TelemetrySink, is_open: Callable[[str, str], bool]) -> None:
        self._sink = sink
        self._is_open = is_open

    async def serve(self, context: Context) -> None:
        """Serve the stream to its end.

        Raises:
            PeerFault: a batch holds what the protocol forbids.
            WrongState: the node's control stream is not open.
            StoreUnavailable: the store could not keep a batch; the node sends it again on its next stream.
        """
        pending: _Pending = asyncio.Queue(UNACKNOWLEDGED_BATCHES)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._acknowledge(context, pending))
                await self._read(context, pending)
                await pending.put(None)
        except ExceptionGroup as group:
            _raise_what_matters(group)

    async def _read(self, context: Context, pending: _Pending) -> None:
        node_id = session_id = ""
        while (raw := await context.read()) is not grpc.aio.EOF:
            batch = parse_message(link_pb2.TelemetryBatch, raw)
            node_id, session_id = node_id or batch.node_id, session_id or batch.session_id
            if not self._is_open(session_id, node_id):
                raise WrongState(f"session {session_id!r} of node {node_id!r} is not open; say Hello first")
            _check_length(batch)
            self._sink.take_uses(node_id, _uses(batch), max(0, batch.dropped))
            durable = await self._sink.take(node_id, _live(batch), _rows(batch), _lines(batch))
            await pending.put((batch.sequence, durable))

    async def _acknowledge(self, context: Context, pending: _Pending) -> None:
        while (entry := await pending.get()) is not None:
            sequence, durable = entry
            await durable
            await context.write(link_pb2.TelemetryAck(sequence=sequence).SerializeToString())


def _raise_what_matters(group: ExceptionGroup) -> None:
    """Raise a bug first, then an error of ours; a node that is gone is none, it will send the rest again."""
    _, others = group.split((grpc.aio.BaseError, grpc.RpcError))
    if others is None:
        return
    ours, bugs = others.split(CyxWizError)
    if bugs is not None or ours is None:
        raise group
    raise ours.exceptions[0]


def _check_length(batch: link_pb2.TelemetryBatch) -> None:
    records = len(batch.live) + len(batch.rows) + len(batch.lines) + len(batch.device_uses)
    if records > BATCH_RECORDS:
        raise PeerFault(f"a batch must hold at most {BATCH_RECORDS} records, got {records}; send them in several")


def _uses(batch: link_pb2.TelemetryBatch) -> Sequence[DeviceUse]:
    return [
        DeviceUse(
            device_id=short_text(use.device_id, LONGEST_DEVICE_ID_CHARACTERS),
            memory_used_bytes=max(0, use.memory_used_bytes),
            utilisation=use.utilisation if use.HasField("utilisation") and 0 <= use.utilisation <= 1 else None,
        )
        for use in batch.device_uses
    ]


def _live(batch: link_pb2.TelemetryBatch) -> Sequence[tuple[str, Progress]]:
    return [_progress(message) for message in batch.live]


def _progress(message: link_pb2.LiveProgress) -> tuple[str, Progress]:
    key = attempt_key_from_proto(message.key)
    progress = Progress(
        attempt=key.number,
        step=max(0, message.step),
        steps_total=max(0, message.steps_total),
        epoch=max(0, message.epoch),
        epochs=max(0, message.epochs),
        samples_processed=max(0, message.samples_processed),
        elapsed_ms=max(0, message.elapsed_ms),
        metrics=dict(message.metrics),
    )
    return key.job_id, progress


def _rows(batch: link_pb2.TelemetryBatch) -> Sequence[MetricRow]:
    rows = []
    for message in batch.rows:
        key = attempt_key_from_proto(message.key)
        row = message.row
        rows.append(
            MetricRow(
                job_id=key.job_id,
                attempt=key.number,
                step=row.step,
                epoch=row.epoch,
                at_ms=row.at_ms,
                values=dict(row.values),
            )
        )
    return rows


def _lines(batch: link_pb2.TelemetryBatch) -> Sequence[LogLine]:
    lines = []
    for message in batch.lines:
        key = attempt_key_from_proto(message.key)
        text = short_text(message.text, LONGEST_LINE_CHARACTERS)
        lines.append(LogLine(key.job_id, key.number, message.at_ms, short_text(message.level, 20), text))
    return lines
