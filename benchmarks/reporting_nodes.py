"""A child of `bench_many_nodes`: many nodes with both streams open that run four jobs each and report once a second.

`python -m benchmarks.reporting_nodes HOST:PORT NODES CHANNELS JOBS_EACH` does what each line of standard input names,
and answers with a line of JSON: `connect`, `jobs` (submits them and waits until all run), `report SECONDS`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc
import uvloop

from benchmarks.simulated_nodes import SimulatedNode, open_stream
from benchmarks.submitting_clients import connections, submit_round
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_message_wire import attempt_key_from_proto, attempt_key_to_proto
from shared.node_messages import AttemptReport, Heartbeat
from shared.pb import link_pb2

_CONNECTING_AT_ONCE = 50
_TICKS_A_SECOND = 50


@dataclass(slots=True)
class _Reporter:
    """One node: its streams and what it runs."""

    node: SimulatedNode
    telemetry: grpc.aio.StreamStreamCall[bytes, bytes]
    sequence: int = 0
    acknowledged: int = 0
    keys: list[AttemptKey] = field(default_factory=list)

    async def report(self) -> None:
        """Beat, and tell how far each job is."""
        self.sequence += 1
        await self.node.say(Heartbeat(self.sequence, tuple(self.keys), ram_available_bytes=1 << 30))
        batch = link_pb2.TelemetryBatch(
            node_id=self.node.node_id,
            session_id=self.node.session_id,
            sequence=self.sequence,
            live=[
                link_pb2.LiveProgress(
                    key=attempt_key_to_proto(key),
                    step=self.sequence * 100,
                    steps_total=1_000_000,
                    epoch=1,
                    epochs=10,
                    samples_processed=self.sequence * 6400,
                    elapsed_ms=self.sequence * 1000,
                    metrics={"loss": 0.5, "accuracy": 0.9, "samples_per_second": 6400.0},
                )
                for key in self.keys
            ],
        )
        await self.telemetry.write(batch.SerializeToString())

    async def read_acknowledgements(self) -> None:
        """Count what the server has taken."""
        while isinstance(raw := await self.telemetry.read(), bytes):
            self.acknowledged = link_pb2.TelemetryAck.FromString(raw).sequence


class _Cluster:
    """All nodes of this process."""

    def __init__(self, address: str, nodes: int, channels: int, jobs_each: int, tasks: asyncio.TaskGroup) -> None:
        self._channels = connections(address, channels)
        self._nodes, self._jobs_each, self._tasks = nodes, jobs_each, tasks
        self._reporters: dict[str, _Reporter] = {}
        self._started = 0
        self._all_started = asyncio.Event()

    async def connect(self) -> dict[str, float]:
        begun = time.perf_counter()
        for start in range(0, self._nodes, _CONNECTING_AT_ONCE):
            await asyncio.gather(*map(self._connect, range(start, min(start + _CONNECTING_AT_ONCE, self._nodes))))
        return {"seconds": time.perf_counter() - begun}

    async def _connect(self, number: int) -> None:
        channel = self._channels[number % len(self._channels)]
        node = SimulatedNode(channel, f"many-{number}", slots=self._jobs_each, on_message=self._on_message)
        self._tasks.create_task(node.run())
        await node.is_welcome.wait()
        reporter = _Reporter(node, open_stream(channel, "Telemetry"))
        self._reporters[node.node_id] = reporter
        await reporter.report()
        self._tasks.create_task(reporter.read_acknowledgements())

    async def jobs(self) -> dict[str, float]:
        """Submit a job for each slot and wait until all run, with heartbeats meanwhile."""
        begun = time.perf_counter()
        jobs = self._nodes * self._jobs_each
        beating = self._tasks.create_task(self.report(3600, until=self._all_started))
        await submit_round(self._channels, in_flight=16, jobs=jobs)
        await beating  # not cancelled: gRPC ends a stream whose write is cancelled
        return {"seconds": time.perf_counter() - begun}

    async def _on_message(self, node: SimulatedNode, kind: str, message: Any) -> None:
        if kind != "offer_attempt":
            return
        key = attempt_key_from_proto(message.key)
        await node.say(AttemptReport(key, AttemptState.RUNNING, memory_bytes=1 << 20))
        self._reporters[node.node_id].keys.append(key)
        self._started += 1
        if self._started == self._nodes * self._jobs_each:
            self._all_started.set()

    async def report(self, seconds: float, *, until: asyncio.Event | None = None) -> dict[str, float]:
        """Let every node report once a second, spread over the second; a process too slow for that reports less."""
        begun, cpu_begun = time.perf_counter(), time.process_time()
        reports = 0
        reporters = list(self._reporters.values())
        for tick in range(round(seconds * _TICKS_A_SECOND)):
            await asyncio.sleep(max(0.0, begun + tick / _TICKS_A_SECOND - time.perf_counter()))
            turn: Iterable[_Reporter] = reporters[tick % _TICKS_A_SECOND :: _TICKS_A_SECOND]
            await asyncio.gather(*(reporter.report() for reporter in turn))
            reports += len(reporters[tick % _TICKS_A_SECOND :: _TICKS_A_SECOND])
            if time.perf_counter() - begun > seconds or (until is not None and until.is_set()):
                break
        took = time.perf_counter() - begun
        behind = max(reporter.sequence - reporter.acknowledged for reporter in reporters)
        return {
            "reports": reports,
            "seconds": took,
            "behind": behind,
            "load_cpu_seconds": time.process_time() - cpu_begun,
        }


async def _serve(address: str, nodes: int, channels: int, jobs_each: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        cluster = _Cluster(address, nodes, channels, jobs_each, tasks)
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            match line.split():
                case ["connect"]:
                    answer = await cluster.connect()
                case ["jobs"]:
                    answer = await cluster.jobs()
                case ["report", seconds]:
                    answer = await cluster.report(float(seconds))
                case _:
                    raise ValueError(f"expected connect, jobs or report SECONDS, got {line!r}")
            print(json.dumps(answer), flush=True)
        raise SystemExit  # the streams end with the process


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1], *map(int, sys.argv[2:5])))
