"""A child of `bench_watchers`: many followers of one job, over gRPC or over server-sent events.

`python -m benchmarks.watching_clients KIND GRPC HTTP` reads `watch JOB COUNT` and answers when all of them have had
the present state, then `result`: how late the updates were that came.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable

import grpc
import uvloop

from benchmarks.figures import quantile
from shared.pb import job_pb2, job_pb2_grpc

SENT_AT = "sent_at_seconds"
_CONNECTIONS = 20
_SETTLE_SECONDS = 1.0


class Watching:
    """The followers, and how late each update reached each of them."""

    def __init__(self, kind: str, grpc_address: str, http_address: str) -> None:
        """Open nothing yet."""
        self._kind = kind
        self._grpc = grpc_address
        self._http = http_address.removeprefix("http://")
        self._late: list[float] = []
        self._greeted = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def watch(self, tasks: asyncio.TaskGroup, job_id: str, count: int) -> dict[str, float]:
        """Begin, and return when every follower has had something."""
        channels = [grpc.aio.insecure_channel(self._grpc) for _ in range(_CONNECTIONS)]
        for number in range(count):
            if self._kind == "grpc":
                self._tasks.append(tasks.create_task(self._over_grpc(channels[number % _CONNECTIONS], job_id)))
            else:
                self._tasks.append(tasks.create_task(self._over_http(job_id)))
        while self._greeted < count:
            await asyncio.sleep(0.05)
        return {"watching": count}

    async def result(self) -> dict[str, float]:
        """Stop, and return what was seen."""
        await asyncio.sleep(_SETTLE_SECONDS)
        for task in self._tasks:
            task.cancel()
        late = self._late or [float("inf")]
        return {
            "count": len(self._late),
            "p50_ms": quantile(late, 0.5) * 1e3,
            "p99_ms": quantile(late, 0.99) * 1e3,
            "max_ms": max(late) * 1e3,
        }

    async def _over_grpc(self, channel: grpc.aio.Channel, job_id: str) -> None:
        note = self._noting()
        async for update in job_pb2_grpc.JobServiceStub(channel).WatchJob(job_pb2.WatchJobRequest(job_id=job_id)):
            note(update.job.status.metrics.get(SENT_AT, 0.0))

    async def _over_http(self, job_id: str) -> None:
        host, _, port = self._http.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 20)
        writer.write(f"GET /api/v1/jobs/{job_id}/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        note = self._noting()
        try:
            is_job = False
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    is_job = line == b"event: job\n"
                elif line.startswith(b"data: ") and is_job:
                    note(json.loads(line[6:])["metrics"].get(SENT_AT, 0.0))
        finally:
            writer.close()

    def _noting(self) -> Callable[[float], None]:
        """Return what a follower calls with each update's moment; the same update counts once."""
        last = -1.0

        def note(sent_at: float) -> None:
            nonlocal last
            if last < 0:
                self._greeted += 1
            if sent_at > max(last, 0.0):
                self._late.append(time.monotonic() - sent_at)
            last = max(last, sent_at)

        return note


async def _serve(kind: str, grpc_address: str, http_address: str) -> None:
    watching = Watching(kind, grpc_address, http_address)
    async with asyncio.TaskGroup() as tasks:
        while words := (await asyncio.to_thread(sys.stdin.readline)).split():
            match words:
                case ["watch", job_id, count]:
                    answer = await watching.watch(tasks, job_id, int(count))
                case _:
                    answer = await watching.result()
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(*sys.argv[1:4]))
