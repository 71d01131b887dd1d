"""The handle on a job: watching over cuts, waiting, logs, metrics."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import grpc
import pytest

from cyxwiz import errors
from cyxwiz.aio import Client, Job
from cyxwiz.records import JobInfo
from shared.pb import job_pb2
from tests.cyxwiz.scripted_server import AWAY, Refusal, Script, a_job, an_update


@pytest.fixture
async def job(server: str, script: Script) -> AsyncIterator[Job]:
    script.jobs["job-1"] = a_job()
    async with Client(server, retry_seconds=0.3) as client:
        yield client.job("job-1")


def at_step(sequence: int, step: int, state: str = "running") -> job_pb2.JobUpdate:
    return an_update(sequence, a_job(state=state, step=step))


async def steps(job: Job) -> list[int]:
    return [info.step async for info in job.watch()]


async def test_a_cut_watch_goes_on_without_gaps_and_repeats(job: Job, script: Script) -> None:
    script.watches = [
        [at_step(5, 1), at_step(6, 2), AWAY],
        [AWAY],
        [at_step(6, 2), at_step(7, 3)],
        [at_step(9, 4, "succeeded")],
    ]
    assert await steps(job) == [1, 2, 3, 4]
    assert [request.after_sequence for request in script.asked("WatchJob")] == [0, 6, 6, 7]


async def test_watching_ends_with_the_jobs_end(job: Job, script: Script) -> None:
    script.watches = [[at_step(1, 1), at_step(2, 2, "failed"), at_step(3, 3)]]
    assert await steps(job) == [1, 2]


async def test_each_absence_is_told_once(job: Job, script: Script) -> None:
    script.watches = [[at_step(1, 1), AWAY], [AWAY], [at_step(2, 2), AWAY], [AWAY], [at_step(3, 3, "succeeded")]]
    told: list[Exception] = []
    async for _ in job.watch(on_away=told.append):
        pass
    assert [type(error) for error in told] == [errors.ServerUnreachable] * 2


async def test_an_update_that_changes_nothing_is_left_out(job: Job, script: Script) -> None:
    script.watches = [[at_step(1, 1), at_step(2, 1), at_step(3, 2), at_step(4, 2, "succeeded")]]
    assert await steps(job) == [1, 2, 2]


async def test_a_return_is_told_even_when_nothing_has_changed(job: Job, script: Script) -> None:
    script.watches = [[at_step(1, 1), AWAY], [AWAY], [at_step(1, 1), AWAY], [at_step(2, 2, "succeeded")]]
    told: list[str] = []
    tell = told.append
    async for info in job.watch(on_away=lambda _: tell("away"), on_back=lambda: tell("back")):
        tell(str(info.step))
    assert told == ["1", "away", "back", "away", "back", "2"]


async def test_a_new_reason_to_wait_is_told_although_its_number_is_the_old_one(job: Job, script: Script) -> None:
    reasons = ["no node is connected", "2 jobs are ahead"]
    queued = [an_update(1, a_job(waiting_reason=reason)) for reason in reasons]
    script.watches = [[*queued, at_step(2, 1, "succeeded")]]
    assert [info.waiting_reason async for info in job.watch()] == [*reasons, ""]


async def test_watching_gives_up_when_the_server_stays_away(job: Job, script: Script) -> None:
    script.watches = [[at_step(1, 1), AWAY]]
    script.watches += [[AWAY] for _ in range(100)]
    with pytest.raises(errors.ServerUnreachable):
        async for _ in job.watch(away_seconds=0.2):
            pass


async def test_watching_a_job_that_does_not_exist_fails_at_once(job: Job, script: Script) -> None:
    script.watches = [[Refusal(grpc.StatusCode.NOT_FOUND)]]
    with pytest.raises(errors.NotFound):
        await steps(job)


async def test_leaving_a_watch_early_ends_its_stream(job: Job, script: Script) -> None:
    script.watches = [[at_step(number, number) for number in range(1, 100_000)]]
    async with aclosing(job.watch()) as updates:
        async for _ in updates:
            break
    assert script.asked("WatchJob")


async def test_waiting_returns_the_ended_job(job: Job, script: Script) -> None:
    script.watches = [[at_step(1, 1), at_step(2, 2, "cancelled")]]
    assert (await job.wait()).state == "cancelled"


async def test_waiting_has_a_deadline(job: Job, script: Script) -> None:
    script.watches = [[at_step(1, 1)]] * 1000
    began = time.monotonic()
    with pytest.raises(
        TimeoutError, match=r"^job job-1 has not ended within 0\.2 s and goes on; wait again, or cancel"
    ):
        await job.wait(timeout_seconds=0.2)
    assert time.monotonic() - began < 2


async def test_a_followed_log_goes_on_after_a_cut(job: Job, script: Script) -> None:
    first, second = job_pb2.LogLine(sequence=1, text="a"), job_pb2.LogLine(sequence=2, text="b")
    script.logs = [[first, AWAY], [second]]
    assert [line.text async for line in job.logs(follow=True)] == ["a", "b"]
    assert [request.after_sequence for request in script.asked("GetLogs")] == [0, 1]


async def test_metrics_are_rows(job: Job, script: Script) -> None:
    script.metrics = [job_pb2.MetricRow(step=5, epoch=1, at_ms=7, values={"loss": 0.5})]
    (row,) = await job.metrics()
    assert (row.step, row.values) == (5, {"loss": 0.5})


async def test_status_tells_times_only_when_they_have_happened(job: Job, script: Script) -> None:
    script.jobs["job-1"] = a_job(state="running", submitted_at_ms=1)
    info: JobInfo = await job.status()
    assert (info.submitted_at_ms, info.started_at_ms, info.error, info.result) == (1, None, None, None)


async def test_steering_reaches_the_server(job: Job, script: Script) -> None:
    await job.cancel("enough")
    await job.pause()
    await job.resume()
    await job.delete()
    assert [name for name, _ in script.received] == ["CancelJob", "PauseJob", "ResumeJob", "DeleteJob"]
    assert script.asked("CancelJob")[0].reason == "enough"
