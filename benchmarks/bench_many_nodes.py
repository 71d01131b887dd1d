"""One central server with 2,000 nodes, both streams of each open, that run four jobs each and report once a second.

A report is a heartbeat that names the four attempts and a telemetry batch with the progress of each. All nodes are one
process on a few connections; it shares the machine's cores with the server and may be too slow for its part, so how
many reports a second really came is printed beside what the server took for them. Meanwhile the status of a job that
no node has is asked for every 20 ms. `python -m benchmarks.bench_many_nodes 500` measures another number of nodes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import grpc

from benchmarks.central_process import CentralProcess, central_process
from benchmarks.figures import milliseconds, print_figure, print_machine
from benchmarks.load_child import LoadChild, load_child
from benchmarks.submitting_clients import submit_round
from shared.pb import job_pb2, job_pb2_grpc

NODES = 2_000
CHANNELS = 8
JOBS_EACH = 4
REPORT_SECONDS = 15
ASK_EVERY_SECONDS = 0.02
KIB = 1024


async def main(nodes: int) -> None:
    """Connect the nodes, give them jobs, let them report."""
    print_machine()
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        async with (
            central_process(Path(folder) / "server") as server,
            load_child("benchmarks.reporting_nodes", server.grpc, str(nodes), str(CHANNELS), str(JOBS_EACH)) as load,
        ):
            before = server.resident_bytes()
            connected = await load.order("connect")
            per_node = (server.resident_bytes() - before) / nodes
            print_figure(
                f"server's memory for a node with both streams open, {nodes} nodes",
                f"{per_node / KIB:.0f} KiB; all connected within {connected['seconds']:.1f} s",
                goal="at most 100 KB",
            )
            running = await load.order("jobs")
            per_job = (server.resident_bytes() - before - per_node * nodes) / (nodes * JOBS_EACH)
            print_figure(
                "  and for a running job",
                f"{per_job / KIB:.1f} KiB; all of {nodes * JOBS_EACH} running within {running['seconds']:.1f} s",
            )
            await _measure_reports(server, load, nodes)


async def _measure_reports(server: CentralProcess, load: LoadChild, nodes: int) -> None:
    async with grpc.aio.insecure_channel(server.grpc) as channel, asyncio.TaskGroup() as tasks:
        await submit_round([channel], in_flight=1, jobs=1)
        latencies: list[float] = []
        asking = tasks.create_task(_ask_again_and_again(channel, latencies))
        cpu = server.cpu_seconds()
        done = await load.order(f"report {REPORT_SECONDS}")
        cpu = server.cpu_seconds() - cpu
        asking.cancel()
    print_figure(
        f"reports a second from {nodes} nodes on {JOBS_EACH} jobs each",
        f"{done['reports'] / done['seconds']:.0f}; the furthest behind is {done['behind']} batches without answer",
        goal=f"{nodes}",
    )
    print_figure(
        "server's CPU share meanwhile",
        f"{cpu / done['seconds']:.2f} cores, {cpu / done['reports'] * 1e3:.2f} ms a report "
        f"(the nodes took {done['load_cpu_seconds'] / done['seconds']:.2f} cores)",
    )
    print_figure("GetJobStatus of another job meanwhile", milliseconds(latencies), goal="p99 at most 50 ms")


async def _ask_again_and_again(channel: grpc.aio.Channel, latencies: list[float]) -> None:
    jobs = job_pb2_grpc.JobServiceStub(channel)
    (job,) = (await jobs.ListJobs(job_pb2.ListJobsRequest(page_size=1))).jobs
    while True:
        begun = time.perf_counter()
        await jobs.GetJobStatus(job_pb2.GetJobStatusRequest(job_id=job.job_id))
        latencies.append(time.perf_counter() - begun)
        await asyncio.sleep(ASK_EVERY_SECONDS)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else NODES))
