"""From a node's last sign of life to its jobs running again on another node; the nodes are simulated, the server real.

The first node has all jobs and is lost without a word: once its stream is cut, as when its process or machine dies,
and once it falls silent with its stream open, as when its network does. Its leases then run out, which nothing may
hurry; measured is what comes on top of them: the grace, planning, the offer and the other node's report.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from benchmarks.central_process import central_process
from benchmarks.figures import print_figure, print_machine
from benchmarks.simulated_nodes import SimulatedNode
from benchmarks.submitting_clients import submit_round
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_message_wire import attempt_key_from_proto
from shared.node_messages import AttemptReport, Heartbeat

JOBS = 20
LEASE_SECONDS = 3.0
BEATS = 2
GOAL_SECONDS = 1.0


@dataclass(slots=True)
class _Runs:
    """Which attempts a node runs, and when it was given each."""

    given_at: dict[AttemptKey, float] = field(default_factory=dict)
    is_silent: bool = False

    async def on_message(self, node: SimulatedNode, kind: str, message: Any) -> None:
        if kind == "offer_attempt" and not self.is_silent:
            key = attempt_key_from_proto(message.key)
            await node.say(AttemptReport(key, AttemptState.RUNNING, memory_bytes=1 << 20))
            self.given_at[key] = time.monotonic()


async def main() -> None:
    """Lose a node in both ways."""
    print_machine()
    for words, is_cut in (("its stream is cut", True), ("it falls silent", False)):
        with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
            flags = ("--lease-seconds", f"{LEASE_SECONDS:g}", "--heartbeat-seconds", "1")
            async with central_process(Path(folder) / "server", *flags) as server:
                seconds = await _seconds_after_loss(server.grpc, is_cut=is_cut)
        print_figure(
            f"node lost to {JOBS} jobs running elsewhere, {words}, lease {LEASE_SECONDS:g} s",
            f"first {min(seconds):.3f} s, last {max(seconds):.3f} s",
            goal=f"at most {LEASE_SECONDS + GOAL_SECONDS:g} s",
        )


async def _seconds_after_loss(address: str, *, is_cut: bool) -> list[float]:
    async with grpc.aio.insecure_channel(address) as channel, asyncio.TaskGroup() as tasks:
        first, second = _Runs(), _Runs()
        lost = SimulatedNode(channel, "a-lost", slots=JOBS, on_message=first.on_message)
        streams = [tasks.create_task(_until_cut(lost))]
        await lost.is_welcome.wait()
        await submit_round([channel], in_flight=JOBS, jobs=JOBS)
        while len(first.given_at) < JOBS:
            await asyncio.sleep(0.01)
        other = SimulatedNode(channel, "b-other", slots=JOBS, on_message=second.on_message)
        streams.append(tasks.create_task(_until_cut(other)))
        await other.is_welcome.wait()
        last_sign = await _last_heartbeat(lost, tuple(first.given_at))
        first.is_silent = True
        if is_cut:
            lost.leave()
        while len(second.given_at) < JOBS:
            await asyncio.sleep(0.01)
        for stream in streams:
            stream.cancel()
        return [at - last_sign for at in second.given_at.values()]


async def _last_heartbeat(node: SimulatedNode, keys: tuple[AttemptKey, ...]) -> float:
    """Beat as a node does, and return when the last beat was sent."""
    for sequence in range(1, BEATS + 1):
        await asyncio.sleep(1.0)
        await node.say(Heartbeat(sequence, keys, ram_available_bytes=1 << 30))
    return time.monotonic()


async def _until_cut(node: SimulatedNode) -> None:
    try:
        await node.run()
    except grpc.aio.AioRpcError:
        return


if __name__ == "__main__":
    asyncio.run(main())
