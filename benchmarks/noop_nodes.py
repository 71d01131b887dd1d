"""A child of `bench_noop_jobs`: nodes whose jobs end as soon as they begin, and the clients that submit those jobs.

`python -m benchmarks.noop_nodes HOST:PORT` connects the nodes, then waits for lines `CLIENTS IN_FLIGHT JOBS` on
standard input and answers each with one line of JSON once every job's end has been acknowledged. A node takes an offer
as a real one does: it reports STARTING, and then its last word.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import grpc
import uvloop

from benchmarks.simulated_nodes import SimulatedNode
from benchmarks.submitting_clients import connections, submit_round
from shared.lifecycle import AttemptState
from shared.node_message_wire import attempt_key_from_proto
from shared.node_messages import AttemptEnded, AttemptReport, Outcome

NODES = 4
SLOTS = 32


@dataclass(frozen=True, slots=True)
class Ended:
    """What one round took, from the first submission."""

    jobs: int
    submitted_seconds: float
    ended_seconds: float
    load_cpu_seconds: float


class _Ends:
    """Counts the jobs whose ends are durable."""

    def __init__(self) -> None:
        self.left = 0
        self.none_left = asyncio.Event()

    async def on_message(self, node: SimulatedNode, kind: str, message: Any) -> None:
        if kind == "offer_attempt":
            key = attempt_key_from_proto(message.key)
            await node.say(AttemptReport(key, AttemptState.STARTING, memory_bytes=1 << 20))
            await node.say(AttemptEnded(key, Outcome.SUCCEEDED, step=1, epoch=1, steps_total=1, compute_seconds=0.001))
        elif kind == "end_acknowledged":
            self.left -= 1
            if not self.left:
                self.none_left.set()


async def _serve(address: str) -> None:
    ends = _Ends()
    channels = connections(address, NODES)
    nodes = [SimulatedNode(channels[n], f"noop-{n}", slots=SLOTS, on_message=ends.on_message) for n in range(NODES)]
    async with asyncio.TaskGroup() as tasks:
        streams = [tasks.create_task(node.run()) for node in nodes]
        for node in nodes:
            await node.is_welcome.wait()
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            done = await _round(address, ends, *map(int, line.split()))
            print(json.dumps(asdict(done)), flush=True)
        for stream in streams:
            stream.cancel()


async def _round(address: str, ends: _Ends, clients: int, in_flight: int, jobs: int) -> Ended:
    ends.left, ends.none_left = jobs, asyncio.Event()
    channels: list[grpc.aio.Channel] = connections(address, clients)
    begun, cpu_begun = time.perf_counter(), time.process_time()
    submitted = await submit_round(channels, in_flight=in_flight, jobs=jobs)
    await ends.none_left.wait()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
    for channel in channels:
        await channel.close()
    return Ended(jobs, submitted.seconds, seconds, cpu)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1]))
