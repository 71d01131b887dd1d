"""JobService: streams that follow one job to its end. A slow reader gets the latest, never a backlog."""

from __future__ import annotations

from collections.abc import AsyncIterator

from central_server.ports import Store
from central_server.read_model import ReadModel
from central_server.requests.caller import Caller
from central_server.rpc.job_messages import job_message, log_line_message, status_message
from central_server.views import JobView, view_job
from central_server.watchers import Watch
from shared.errors import InvalidField, NotFound
from shared.lifecycle import job_has_ended
from shared.pb import job_pb2

REASON_SECONDS = 1.0
"""How often a waiting job's reason is looked at again: it changes with other jobs, which nobody is told of."""
LINES_AT_ONCE = 1000
STRAGGLER_SECONDS = 1.0
"""How long lines that a node sent before the end may take to arrive after it."""


class JobStreams:
    """The rpcs that answer with a stream."""

    def __init__(self, read_model: ReadModel, store: Store) -> None:
        self._read_model = read_model
        self._store = store

    async def watch(self, request: job_pb2.WatchJobRequest, _caller: Caller) -> AsyncIterator[job_pb2.JobUpdate]:
        """Give the present state, then each change, until the job has ended; the config comes with the first alone."""
        is_first = True
        async for sequence, view in self._views(request.job_id, request.after_sequence):
            yield job_pb2.JobUpdate(sequence=sequence, job=job_message(view, with_config=is_first))
            is_first = False

    async def updates(
        self, request: job_pb2.GetJobStatusRequest, _caller: Caller
    ) -> AsyncIterator[job_pb2.JobUpdateStream]:
        """Give older clients what `watch` gives ours, less the changes that they could not see."""
        last: job_pb2.JobUpdateStream | None = None
        async for _, view in self._views(request.job_id, 0):
            update = job_pb2.JobUpdateStream(
                job_id=view.job_id,
                status=status_message(view),
                live_metrics=view.metrics,
                log_message=view.waiting_reason or view.reason,
            )
            if update != last:
                last = update
                yield update

    async def logs(self, request: job_pb2.GetLogsRequest, _caller: Caller) -> AsyncIterator[job_pb2.LogLine]:
        """Give a job's log, and what is added to it until the job has ended when asked to follow."""
        await self._read_model.find(_job_id(request.job_id))
        sequence = max(0, request.after_sequence)
        with self._read_model.watchers.watch(request.job_id, with_telemetry=True) as watch:
            has_ended = False
            while True:
                async for line in self._new_lines(request.job_id, sequence):
                    sequence = line.sequence
                    yield line
                if has_ended or not request.follow:
                    return
                has_ended = await self._has_ended(request.job_id)
                await watch.wait(STRAGGLER_SECONDS if has_ended else None)

    async def _views(self, job_id: str, after_sequence: int) -> AsyncIterator[tuple[int, JobView]]:
        watchers = self._read_model.watchers
        with watchers.watch(_job_id(job_id)) as watch:
            given, reason = watchers.place_of(after_sequence), ""
            while True:
                sequence = watchers.sequence(job_id)
                view = view_job(await self._read_model.find(job_id), self._read_model)
                # Another server may have counted further; an end that was not seen here before is told all the same.
                is_unseen_end = sequence < given and job_has_ended(view.state)
                if sequence > given or is_unseen_end or view.waiting_reason != reason:
                    given, reason = max(sequence, given), view.waiting_reason
                    yield given, view
                if job_has_ended(view.state):
                    return
                await _next_change(watch, view)

    async def _new_lines(self, job_id: str, after_sequence: int) -> AsyncIterator[job_pb2.LogLine]:
        while lines := await self._store.log_lines(job_id, after_sequence=after_sequence, limit=LINES_AT_ONCE):
            for line in lines:
                yield log_line_message(line)
            after_sequence = lines[-1].sequence

    async def _has_ended(self, job_id: str) -> bool:
        try:
            return job_has_ended((await self._read_model.find(job_id)).record.state)
        except NotFound:
            return True


async def _next_change(watch: Watch, view: JobView) -> None:
    await watch.wait(REASON_SECONDS if view.waiting_reason else None)


def _job_id(value: str) -> str:
    if not value:
        raise InvalidField("job_id is missing: say which job", field="job_id")
    return value
