"""A child of the submission benchmarks: several clients, each on a connection of its own, in one process.

`python -m benchmarks.submitting_clients HOST:PORT` waits for lines `CLIENTS IN_FLIGHT JOBS` on standard input, submits
so many jobs for each, and answers with one line of JSON. Requests are made before the time begins, so that what it
takes of the cores is little more than the transport's work.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import grpc
import uvloop

from benchmarks.figures import quantile
from benchmarks.jobs import TINY
from cyxwiz.job_input import job_config_from
from shared.identifiers import new_job_id
from shared.pb import job_pb2

_OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)
_Submit = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What one round took; `latency_*` is of single submissions."""

    jobs: int
    seconds: float
    latency_p50_seconds: float
    latency_p99_seconds: float
    clients_cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Submissions that were acknowledged a second."""
        return self.jobs / self.seconds


async def submit_round(channels: Sequence[grpc.aio.Channel], *, in_flight: int, jobs: int) -> Submitted:
    """Submit so many jobs over the channels, at most `in_flight` at a time on each."""
    requests = iter(_requests(jobs))
    latencies: list[float] = []
    begun, cpu_begun = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as tasks:
        for channel in channels:
            call: _Submit = channel.unary_unary("/cyxwiz.protocol.JobService/SubmitJob")
            for _ in range(in_flight):
                tasks.create_task(_submit_one_after_another(call, requests, latencies))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
    return Submitted(jobs, seconds, quantile(latencies, 0.5), quantile(latencies, 0.99), cpu)


def connections(address: str, count: int) -> list[grpc.aio.Channel]:
    """Return channels that share nothing."""
    return [grpc.aio.insecure_channel(address, options=_OWN_CONNECTION) for _ in range(count)]


async def _submit_one_after_another(call: _Submit, requests: Iterator[bytes], latencies: list[float]) -> None:
    for request in requests:
        begun = time.perf_counter()
        await call(request)
        latencies.append(time.perf_counter() - begun)


def _requests(jobs: int) -> list[bytes]:
    """Jobs as a search would submit them: one model and dataset, each with an id, a name, a seed and a rate."""
    config = job_config_from(TINY, {}, job_id="job", folder=Path())
    made = []
    for number in range(jobs):
        config.job_id, config.name = new_job_id(), f"tiny-{number}"
        config.hyperparameters["seed"] = str(number)
        config.hyperparameters["learning_rate"] = repr(0.001 + number * 1e-6)
        made.append(job_pb2.SubmitJobRequest(config=config).SerializeToString())
    return made


async def _serve(address: str) -> None:
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        clients, in_flight, jobs = map(int, line.split())
        channels = connections(address, clients)
        done = await submit_round(channels, in_flight=in_flight, jobs=jobs)
        for channel in channels:
            await channel.close()
        print(json.dumps(asdict(done)), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1]))
