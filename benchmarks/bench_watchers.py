"""200 watchers of one job, over gRPC and over server-sent events: how late each update reaches each of them.

The server, the watchers and the node that reports are three processes. An update's moment is written into its metrics
by the reporter; both read the machine's one monotonic clock.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from benchmarks.central_process import CentralProcess, central_process
from benchmarks.figures import print_figure, print_machine
from benchmarks.load_child import LoadChild, load_child

WATCHERS = 200
UPDATES = 40
GAP_SECONDS = 0.25


async def main() -> None:
    """Measure each kind of watcher by itself."""
    print_machine()
    with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
        async with (
            central_process(Path(folder)) as server,
            load_child("benchmarks.reporting_node", server.grpc) as node,
        ):
            for kind in ("grpc", "sse"):
                async with load_child("benchmarks.watching_clients", kind, server.grpc, server.http) as watchers:
                    await _measure(kind, server, node, watchers)


async def _measure(kind: str, server: CentralProcess, node: LoadChild, watchers: LoadChild) -> None:
    job_id = (await node.order("job"))["job_id"]
    await watchers.order(f"watch {job_id} {WATCHERS}")
    before = server.cpu_seconds()
    took = await node.order(f"report {UPDATES} {GAP_SECONDS}")
    cpu_share = (server.cpu_seconds() - before) / took["seconds"]
    seen = await watchers.order("result")
    print_figure(
        f"{kind}: {UPDATES} updates, one each {GAP_SECONDS:g} s, to {WATCHERS} watchers",
        f"p50 {seen['p50_ms']:.1f} ms, p99 {seen['p99_ms']:.1f} ms, max {seen['max_ms']:.1f} ms over {seen['count']}; "
        f"server's CPU {cpu_share:.0%} of a core",
        goal="each to each, p99 at most 200 ms",
    )
    print_figure(f"{kind}: updates that a watcher did not get", str(UPDATES * WATCHERS - seen["count"]), goal="0")


if __name__ == "__main__":
    asyncio.run(main())
