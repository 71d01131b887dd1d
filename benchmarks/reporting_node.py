"""A child of `bench_watchers`: one node that runs a job and reports progress, each report with the moment it left.

`python -m benchmarks.reporting_node HOST:PORT` reads `job` (submits one and starts it) and `report COUNT GAP`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import grpc
import uvloop

from benchmarks.jobs import TINY
from benchmarks.simulated_nodes import SimulatedNode, open_stream
from benchmarks.watching_clients import SENT_AT
from cyxwiz.job_input import job_config_from
from shared.identifiers import AttemptKey, new_job_id
from shared.lifecycle import AttemptState
from shared.node_message_wire import attempt_key_from_proto, attempt_key_to_proto
from shared.node_messages import AttemptReport, Heartbeat
from shared.pb import job_pb2, job_pb2_grpc, link_pb2

_SLOTS = 8


class ReportingNode:
    """The node and the job that it runs now."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Open the streams."""
        self._channel = channel
        self._keys: asyncio.Queue[AttemptKey] = asyncio.Queue()
        self._node = SimulatedNode(channel, "reporter", slots=_SLOTS, on_message=self._on_message)
        self._telemetry = open_stream(channel, "Telemetry")
        self._key: AttemptKey | None = None
        self._sequence = 0

    async def run(self) -> None:
        """Keep the control stream."""
        await self._node.run()

    async def beat(self) -> None:
        """Keep the leases."""
        await self._node.is_welcome.wait()
        number = 0
        while True:
            number += 1
            keys = (self._key,) if self._key else ()
            await self._node.say(Heartbeat(number, keys, ram_available_bytes=1 << 30))
            await asyncio.sleep(1.0)

    async def job(self) -> dict[str, Any]:
        """Submit a job and start it."""
        await self._node.is_welcome.wait()
        config = job_config_from(TINY, {}, job_id=new_job_id(), folder=Path())
        await job_pb2_grpc.JobServiceStub(self._channel).SubmitJob(job_pb2.SubmitJobRequest(config=config))
        self._key = key = await self._keys.get()
        await self._node.say(AttemptReport(key, AttemptState.STARTING, memory_bytes=1 << 20))
        await self._node.say(AttemptReport(key, AttemptState.RUNNING, memory_bytes=1 << 20, first_step_at_ms=1))
        return {"job_id": key.job_id}

    async def report(self, count: int, gap_seconds: float) -> dict[str, Any]:
        """Report so often."""
        assert self._key is not None
        begun = time.monotonic()
        for _ in range(count):
            await self._say(self._key)
            await asyncio.sleep(gap_seconds)
        return {"seconds": time.monotonic() - begun}

    async def _say(self, key: AttemptKey) -> None:
        self._sequence += 1
        wire_key, step = attempt_key_to_proto(key), self._sequence
        row = job_pb2.MetricRow(step=step, epoch=1, at_ms=step, values={"loss": 0.5})
        metrics = {"loss": 0.5, "samples_per_second": 6400.0, SENT_AT: time.monotonic()}
        live = link_pb2.LiveProgress(key=wire_key, step=step, steps_total=100_000, epoch=1, metrics=metrics)
        batch = link_pb2.TelemetryBatch(
            node_id=self._node.node_id,
            session_id=self._node.session_id,
            sequence=step,
            live=[live],
            rows=[link_pb2.HistoryRow(key=wire_key, row=row)],
        )
        await self._telemetry.write(batch.SerializeToString())

    async def _on_message(self, _node: SimulatedNode, kind: str, message: Any) -> None:
        if kind == "offer_attempt":
            await self._keys.put(attempt_key_from_proto(message.key))


async def _serve(address: str) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        node = ReportingNode(channel)
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(node.run()), tasks.create_task(node.beat())]
            while words := (await asyncio.to_thread(sys.stdin.readline)).split():
                match words:
                    case ["job"]:
                        answer = await node.job()
                    case _:
                        answer = await node.report(int(words[1]), float(words[2]))
                print(json.dumps(answer), flush=True)
            for task in background:
                task.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1]))
