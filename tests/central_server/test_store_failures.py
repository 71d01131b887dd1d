"""A database that cannot be written: callers are told so, and the service goes on by itself when the cause is gone."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from central_server.storage import engines
from shared.node_messages import Goodbye, OfferAttempt
from shared.pb import job_pb2
from tests.central_server.fake_node import a_connected_node
from tests.central_server.running_server import Server, reason_of, running_server, status_of, submit
from tests.central_server.server_process import a_server_process

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process_that_writes(state_dir: Path) -> Iterator[None]:
    """Hold the database's write lock in another process until the block ends."""
    command = [sys.executable, "-c", HOLDER, str(state_dir / "central.sqlite3")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate()


async def refused(server: Server) -> str:
    """Submit, and return our own code in the refusal."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await submit(server)
    assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE
    return reason_of(refusal.value)


async def submit_when_it_works_again(server: Server) -> str:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                return await submit(server)
            await asyncio.sleep(0.02)


async def count_of_jobs(server: Server) -> int:
    answer = await server.jobs.ListJobs(job_pb2.ListJobsRequest())
    return len(answer.jobs)


async def test_a_database_that_another_process_holds_is_unavailable_until_it_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 50)
    async with running_server(tmp_path) as server, a_connected_node(server) as node:
        before = await submit(server)
        key = (await node.expect(OfferAttempt)).key
        with another_process_that_writes(tmp_path):
            assert await refused(server) == "store_unavailable"
            assert (await node.expect(Goodbye)).code == "restarting"
            assert await refused(server) == "store_unavailable"
            assert (await status_of(server, before)).state == "running"
        after = await submit_when_it_works_again(server)
        assert await count_of_jobs(server) == 2
        assert (await status_of(server, after)).state == "queued"
        # Its lease stood still: the attempt is still the node's.
        assert (await status_of(server, before)).attempt == key.number


async def test_a_full_disk_is_unavailable_until_there_is_room(tmp_path: Path) -> None:
    async with a_server_process(tmp_path) as (process, server):
        before = await submit(server)
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, hard))
        assert await refused(server) == "store_unavailable"
        assert await refused(server) == "store_unavailable"
        assert (await status_of(server, before)).state == "queued"
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        after = await submit_when_it_works_again(server)
        assert process.poll() is None
        listed = await server.jobs.ListJobs(job_pb2.ListJobsRequest())
        assert [job.job_id for job in listed.jobs] == [after, before]
