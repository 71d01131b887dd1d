"""SIGTERM to a real server: no new work, what was asked is answered, streams end with a reason, exit 0 in time."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from shared.node_messages import Goodbye
from shared.pb import job_pb2
from tests.central_server.fake_node import a_connected_node
from tests.central_server.running_server import Server, submit
from tests.central_server.server_process import a_server_process


async def submit_until_refused(server: Server, accepted: list[str]) -> grpc.StatusCode:
    """Submit one job after the other; return what the first refusal said."""
    while True:
        try:
            accepted.append(await submit(server))
        except grpc.aio.AioRpcError as refusal:
            return refusal.code()


async def end_of_watch(server: Server, job_id: str) -> grpc.StatusCode:
    try:
        async for _ in server.jobs.WatchJob(job_pb2.WatchJobRequest(job_id=job_id)):
            pass
    except grpc.aio.AioRpcError as end:
        return end.code()
    raise AssertionError("the watch ended without an error")


async def exit_code(process: subprocess.Popen[str], *, within_seconds: float) -> int:
    return await asyncio.to_thread(process.wait, within_seconds)


async def test_what_was_accepted_is_kept_and_streams_end_with_a_reason(tmp_path: Path) -> None:
    accepted: list[str] = []
    async with a_server_process(tmp_path) as (process, server):
        watched = await submit(server)
        async with a_connected_node(server) as node, asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(end_of_watch(server, watched))
            clients = [tasks.create_task(submit_until_refused(server, accepted)) for _ in range(8)]
            await asyncio.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            assert (await node.expect(Goodbye)).code == "stopping"
            assert (await node.code_at_end())[0] is grpc.StatusCode.UNAVAILABLE
        assert watch.result() is grpc.StatusCode.UNAVAILABLE
        # gRPC itself cancels what arrived and was not begun; clients of ours try again after either.
        assert {client.result() for client in clients} <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
        assert await exit_code(process, within_seconds=20) == 0
    with sqlite3.connect(tmp_path / "central.sqlite3") as connection:
        stored = {job_id for (job_id,) in connection.execute("SELECT job_id FROM jobs")}
    connection.close()
    assert accepted
    assert {watched, *accepted} <= stored


@contextmanager
def a_locked_database(state_dir: Path) -> Iterator[None]:
    """Hold the database's write lock, as another process's long transaction would."""
    connection = sqlite3.connect(state_dir / "central.sqlite3", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


async def test_a_store_that_does_not_answer_does_not_hold_the_stop_beyond_its_deadline(tmp_path: Path) -> None:
    async with a_server_process(tmp_path, "--shutdown-seconds", "0.5") as (process, server):
        with a_locked_database(tmp_path):
            waiting = asyncio.get_running_loop().create_task(submit_until_refused(server, []))
            await asyncio.sleep(0.2)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await exit_code(process, within_seconds=20) == 0
            assert time.monotonic() - began < 4  # without the deadline it would wait 5 s for the lock
        assert await waiting is grpc.StatusCode.UNAVAILABLE
