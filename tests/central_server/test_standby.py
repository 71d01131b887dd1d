"""Of two servers on one PostgreSQL database the decider alone cleans up, and one that lost its office ends."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import pytest
from sqlalchemy import create_engine, make_url, update

from central_server.storage.tables import decider
from shared.pb import job_pb2
from tests.central_server.running_server import Server, a_config, running_server, status_of, submit
from tests.central_server.server_process import a_server_process

MACHINE_FAILURE = 1
NEVER_USED = b"nobody ever referred to this"


def an_old_upload(state_dir: Path) -> Path:
    """Put an artifact there that nobody has asked for since 1970."""
    sha256 = hashlib.sha256(NEVER_USED).hexdigest()
    path = state_dir / "artifacts" / sha256[:2] / sha256
    path.parent.mkdir(parents=True)
    path.write_bytes(NEVER_USED)
    os.utime(path, (0, 0))
    return path


async def a_cancelled_job(server: Server) -> str:
    job_id = await submit(server)
    await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id=job_id))
    return job_id


async def job_ids(server: Server) -> set[str]:
    listed = await server.jobs.ListJobs(job_pb2.ListJobsRequest())
    return {job.job_id for job in listed.jobs}


async def until(is_done: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await is_done():  # noqa: ASYNC110 - asks from outside, as people do
            await asyncio.sleep(0.05)


def let_another_take_over(database_url: str) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(update(decider).values(epoch=decider.c.epoch + 1, holder="other:1", expires_at_ms=2**62))
    engine.dispose()


async def test_a_server_that_stands_by_cleans_nothing_up_until_it_decides(tmp_path: Path, postgresql_url: str) -> None:
    upload = an_old_upload(tmp_path)
    async with running_server(tmp_path, database=postgresql_url, keep_uploads_days=0, keep_jobs_count=0) as first:
        jobs = {await a_cancelled_job(first) for _ in range(3)}
        async with running_server(tmp_path, database=postgresql_url, keep_jobs_count=1) as second:
            await asyncio.sleep(0.5)  # a decider begins to clean up at once
            assert (await job_ids(second), upload.exists()) == (jobs, True)
            first.stop.set()

            async def is_cleaned_up() -> bool:
                return len(await job_ids(second)) == 1 and not upload.exists()

            await until(is_cleaned_up)


async def test_a_server_that_stands_by_answers_what_is_read_and_names_the_decider_for_the_rest(
    tmp_path: Path, postgresql_url: str
) -> None:
    async with running_server(tmp_path, database=postgresql_url, advertise="first.example:50051") as first:
        job_id = await submit(first)
        async with running_server(tmp_path, database=postgresql_url) as second:
            assert (await status_of(second, job_id)).state == "queued"
            watch = second.jobs.WatchJob(job_pb2.WatchJobRequest(job_id=job_id))
            assert (await anext(aiter(watch))).job.status.state == "queued"
            with pytest.raises(grpc.aio.AioRpcError, match=r"stands by.*first\.example:50051") as refused:
                await second.jobs.SubmitJob(job_pb2.SubmitJobRequest(config=a_config()))
            assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_decider_whose_office_another_has_taken_writes_nothing_more_and_ends(
    tmp_path: Path, postgresql_url: str
) -> None:
    async with a_server_process(tmp_path, "--database", postgresql_url) as (process, server):
        before = await submit(server)
        let_another_take_over(postgresql_url)
        with pytest.raises(grpc.aio.AioRpcError, match="other:1"):
            await submit(server)
        assert await asyncio.to_thread(process.wait, 10) == MACHINE_FAILURE
    async with running_server(tmp_path, database=postgresql_url) as standby:
        assert await job_ids(standby) == {before}
