"""A handle on one job: ask, watch, steer, fetch. It keeps no state but the id."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from cyxwiz.aio.connection import Connection
from cyxwiz.aio.downloads import download_files
from cyxwiz.aio.resumable_stream import OnAway, OnBack, read_resumable
from cyxwiz.errors import JobCancelled, JobFailed
from cyxwiz.metrics import Metrics
from cyxwiz.records import JobInfo, LogLine, to_json_value
from cyxwiz.records_from_wire import job_info_from_wire, log_line_from_wire, metric_row_from_wire
from shared.clock import SystemClock
from shared.errors import OurBug, WrongState
from shared.lifecycle import JobState
from shared.pb import artifact_pb2_grpc, job_pb2, job_pb2_grpc

if TYPE_CHECKING:
    from cyxwiz.trained_model import TrainedModel
    from shared.job_spec import JobSpec

AWAY_SECONDS = 600.0
"""How long a watched server may be gone before its absence is an error."""


class Job:
    """One job at the central server.

    Attributes:
        id: the job's id.
    """

    def __init__(
        self,
        job_id: str,
        *,
        connection: Connection,
        jobs: job_pb2_grpc.JobServiceAsyncStub,
        artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub,
    ) -> None:
        """Made by `Client.job` and `Client.submit`."""
        self.id = job_id
        self._connection = connection
        self._jobs = jobs
        self._artifacts = artifacts

    def __repr__(self) -> str:
        return f"Job({self.id!r})"

    async def status(self) -> JobInfo:
        """Return everything about the job as it is now.

        Raises:
            NotFound: there is no such job.
        """
        request = job_pb2.GetJobRequest(job_id=self.id)
        return job_info_from_wire(await self._connection.call(self._jobs.GetJob, request))

    async def spec(self) -> JobSpec:
        """Return what was asked for, as the server understood it; it can be submitted again.

        Raises:
            NotFound: there is no such job.
        """
        from shared.job_config import job_spec_from_config  # noqa: PLC0415  # loads pydantic

        request = job_pb2.GetJobRequest(job_id=self.id)
        job = await self._connection.call(self._jobs.GetJob, request)
        return await asyncio.to_thread(job_spec_from_config, job.config)

    async def watch(
        self, *, away_seconds: float = AWAY_SECONDS, on_away: OnAway | None = None, on_back: OnBack | None = None
    ) -> AsyncGenerator[JobInfo]:
        """Yield the job as it is, then after each change, until it has ended.

        A slow reader gets the latest, never a backlog. A lost connection is made anew, without gaps or repeats.

        Args:
            away_seconds: how long the server may be gone before its absence is raised.
            on_away: told once each time the connection was lost.
            on_back: told once each time it is there again.
        """
        shown: object = None
        updates = read_resumable(
            self._connection,
            lambda after: self._jobs.WatchJob(job_pb2.WatchJobRequest(job_id=self.id, after_sequence=after)),
            is_last=lambda update: job_info_from_wire(update.job).has_ended,
            ends_without_last=False,
            away_seconds=away_seconds,
            on_away=on_away,
            on_back=on_back,
            may_repeat_number=True,  # why a job waits changes with other jobs, without an event of its own
        )
        async with aclosing(updates):
            async for update in updates:
                info = job_info_from_wire(update.job)
                if shown != (shown := to_json_value(info)):
                    yield info

    async def show(self) -> JobInfo | None:
        """Show the job until it has ended, in a notebook as a card with live curves, elsewhere a line a second.

        Returns:
            The job as it ended.
        """
        from cyxwiz.showing import show_updates  # noqa: PLC0415  # only those who look need it

        async with aclosing(self.watch()) as updates:
            return await show_updates(updates, self.metrics, SystemClock())

    async def card(self) -> str:
        """Return the job as it stands as HTML, with its curves; what a notebook shows of a `cyxwiz.Job`."""
        from cyxwiz.job_card import job_card  # noqa: PLC0415  # only those who look need it

        info, rows = await asyncio.gather(self.status(), self.metrics())
        return job_card(info, rows)

    async def wait(self, *, timeout_seconds: float | None = None) -> JobInfo:
        """Return the job once it has ended, however it ended.

        Raises:
            TimeoutError: it has not ended within `timeout_seconds`; it goes on.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._ended()
        except TimeoutError as error:
            raise TimeoutError(
                f"job {self.id} has not ended within {timeout_seconds} s and goes on; wait again, or cancel it"
            ) from error

    async def _ended(self) -> JobInfo:
        async with aclosing(self.watch()) as updates:
            async for info in updates:
                if info.has_ended:
                    return info
        raise OurBug(f"the updates of job {self.id} ended before the job did")

    async def result(self) -> TrainedModel:
        """Wait for the end and return the weights as numpy arrays, with the model's definition and its scores.

        Raises:
            JobFailed: it failed; the message is the job's error.
            JobCancelled: it was cancelled.
        """
        import tempfile  # noqa: PLC0415  # with what it loads, a cost that only results have

        from cyxwiz.trained_model import read_trained_model  # noqa: PLC0415  # loads numpy

        info = await self.wait()
        _refuse_without_result(info)
        with tempfile.TemporaryDirectory(prefix="cyxwiz-result-") as folder:
            await self.download(folder)
            return await asyncio.to_thread(read_trained_model, Path(folder), info)

    async def metrics(self, *, after_step: int = 0) -> Metrics:
        """Return the history so far, one row a report, behind `after_step`."""
        request = job_pb2.GetMetricsRequest(job_id=self.id, after_step=after_step)
        response = await self._connection.call(self._jobs.GetMetrics, request)
        return Metrics(map(metric_row_from_wire, response.rows))

    async def logs(
        self, *, follow: bool = False, away_seconds: float = AWAY_SECONDS, on_away: OnAway | None = None
    ) -> AsyncGenerator[LogLine]:
        """Yield the job's log, to its end so far, or to the job's end with `follow`."""
        lines = read_resumable(
            self._connection,
            lambda after: self._jobs.GetLogs(
                job_pb2.GetLogsRequest(job_id=self.id, after_sequence=after, follow=follow)
            ),
            is_last=lambda _: False,
            ends_without_last=True,
            away_seconds=away_seconds,
            on_away=on_away,
        )
        async with aclosing(lines):
            async for line in lines:
                yield log_line_from_wire(line)

    async def cancel(self, reason: str = "") -> None:
        """Ask for the job's end; returns when that is durable. An ended job stays as it is."""
        request = job_pb2.CancelJobRequest(job_id=self.id, reason=reason)
        await self._connection.call(self._jobs.CancelJob, request)

    async def pause(self) -> None:
        """Ask the job to save a checkpoint and give its device back until `resume`.

        Raises:
            WrongState: it has ended or is ending.
        """
        await self._connection.call(self._jobs.PauseJob, job_pb2.PauseJobRequest(job_id=self.id))

    async def resume(self) -> None:
        """Put a paused job back into the queue.

        Raises:
            WrongState: it is not paused.
        """
        await self._connection.call(self._jobs.ResumeJob, job_pb2.ResumeJobRequest(job_id=self.id))

    async def delete(self) -> None:
        """Remove the job and what only it used; a running one is cancelled first."""
        await self._connection.call(self._jobs.DeleteJob, job_pb2.DeleteJobRequest(job_id=self.id))

    async def download(self, folder: Path | str) -> list[Path]:
        """Fetch the result's files into `folder` and return their paths; each is checked against its hash.

        Files that are there already and right are kept; partial ones are completed.

        Raises:
            WrongState: the job has no result.
            TransferDamaged: what came is not what was promised.
        """
        request = job_pb2.GetJobResultRequest(job_id=self.id)
        result = await self._connection.call(self._jobs.GetJobResult, request)
        return await download_files(self._connection, self._artifacts, list(result.files), Path(folder))


def _refuse_without_result(info: JobInfo) -> None:
    match info.state:
        case JobState.SUCCEEDED if info.result is not None and not info.result.weights_uri:
            raise WrongState(f"job {info.job_id} trained nothing and has no weights; download() fetches its files")
        case JobState.SUCCEEDED:
            return
        case JobState.FAILED:
            why = info.error.message if info.error is not None else info.reason
            raise JobFailed(f"job {info.job_id} failed: {why}", info)
        case JobState.CANCELLED:
            raise JobCancelled(f"job {info.job_id} was cancelled: {info.reason or 'no reason was given'}", info)
        case _:
            raise WrongState(f"job {info.job_id} has not ended, it is {info.state}")
