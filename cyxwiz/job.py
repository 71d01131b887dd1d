"""The handle on one job for programs without an event loop: the same names as `cyxwiz.aio.Job`, each call waits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cyxwiz.aio.job import AWAY_SECONDS
from cyxwiz.aio.job import Job as AsyncJob
from cyxwiz.aio.resumable_stream import OnAway, OnBack
from cyxwiz.background_loop import BackgroundLoop
from cyxwiz.metrics import Metrics
from cyxwiz.records import JobInfo, LogLine

if TYPE_CHECKING:
    from cyxwiz.trained_model import TrainedModel
    from shared.job_spec import JobSpec

_Item = TypeVar("_Item")


class Job:
    """One job at the central server; made by `Client.job` and `Client.submit`.

    Attributes:
        id: the job's id.
    """

    def __init__(self, job: AsyncJob, loop: BackgroundLoop) -> None:
        """Wrap the async handle."""
        self.id = job.id
        self._job = job
        self._loop = loop

    def __repr__(self) -> str:
        return f"Job({self.id!r})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: state, progress and curves."""
        return self.card()

    def card(self) -> str:
        """Return the job as it stands as HTML, with its curves."""
        return self._loop.run(self._job.card())

    def show(self) -> JobInfo | None:
        """Show the job until it has ended; see `cyxwiz.aio.Job.show`."""
        return self._loop.run(self._job.show())

    def status(self) -> JobInfo:
        """Return everything about the job as it is now."""
        return self._loop.run(self._job.status())

    def spec(self) -> JobSpec:
        """Return what was asked for, as the server understood it; it can be submitted again."""
        return self._loop.run(self._job.spec())

    def watch(
        self, *, away_seconds: float = AWAY_SECONDS, on_away: OnAway | None = None, on_back: OnBack | None = None
    ) -> Iterator[JobInfo]:
        """Yield the job as it is, then after each change, until it has ended; see `cyxwiz.aio.Job.watch`."""
        return self._each(self._job.watch(away_seconds=away_seconds, on_away=on_away, on_back=on_back))

    def wait(self, *, timeout_seconds: float | None = None) -> JobInfo:
        """Return the job once it has ended, however it ended."""
        return self._loop.run(self._job.wait(timeout_seconds=timeout_seconds))

    def result(self) -> TrainedModel:
        """Wait for the end and return the weights as numpy arrays; see `cyxwiz.aio.Job.result`."""
        return self._loop.run(self._job.result())

    def metrics(self, *, after_step: int = 0) -> Metrics:
        """Return the history so far, one row a report, behind `after_step`."""
        return self._loop.run(self._job.metrics(after_step=after_step))

    def logs(
        self, *, follow: bool = False, away_seconds: float = AWAY_SECONDS, on_away: OnAway | None = None
    ) -> Iterator[LogLine]:
        """Yield the job's log, to its end so far, or to the job's end with `follow`."""
        return self._each(self._job.logs(follow=follow, away_seconds=away_seconds, on_away=on_away))

    def cancel(self, reason: str = "") -> None:
        """Ask for the job's end; returns when that is durable. An ended job stays as it is."""
        self._loop.run(self._job.cancel(reason))

    def pause(self) -> None:
        """Ask the job to save a checkpoint and give its device back until `resume`."""
        self._loop.run(self._job.pause())

    def resume(self) -> None:
        """Put a paused job back into the queue."""
        self._loop.run(self._job.resume())

    def delete(self) -> None:
        """Remove the job and what only it used; a running one is cancelled first."""
        self._loop.run(self._job.delete())

    def download(self, folder: Path | str) -> list[Path]:
        """Fetch the result's files into `folder`, each checked against its hash; see `cyxwiz.aio.Job.download`."""
        return self._loop.run(self._job.download(folder))

    def _each(self, items: AsyncGenerator[_Item]) -> Iterator[_Item]:
        try:
            while True:
                try:
                    yield self._loop.run(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            if self._loop.is_running:
                self._loop.run(items.aclose())


async def _next(items: AsyncGenerator[_Item]) -> _Item:
    return await anext(items)
