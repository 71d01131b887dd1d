"""JobService: what people read of jobs in one answer. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from central_server.ports import JobPage, JobPlace, JobQuery, Store
from central_server.read_model import ReadModel
from central_server.requests.caller import Caller
from central_server.rpc.job_messages import (
    STATUS_OF_STATE,
    details_message,
    job_message,
    metric_row_message,
    result_message,
    status_message,
)
from central_server.rpc.paging import MOST_PAGE_BYTES, how_many_fit, page_size_asked, position_in, token_for
from central_server.views import JobView, view_job
from shared.errors import InvalidField, WrongState
from shared.lifecycle import JobState
from shared.pb import common_pb2, job_pb2

MOST_METRIC_ROWS = 200_000
"""In one answer; those that follow can be had with `after_step`."""


class JobReading:
    """The rpcs that only read, one answer each."""

    def __init__(self, read_model: ReadModel, store: Store) -> None:
        self._read_model = read_model
        self._store = store

    async def status(self, request: job_pb2.GetJobStatusRequest, _caller: Caller) -> job_pb2.GetJobStatusResponse:
        """Return how a job stands."""
        return job_pb2.GetJobStatusResponse(status=status_message(await self._view(request.job_id)))

    async def job(self, request: job_pb2.GetJobRequest, _caller: Caller) -> job_pb2.Job:
        """Return everything about a job."""
        return job_message(await self._view(request.job_id), with_config=True)

    async def result(self, request: job_pb2.GetJobResultRequest, _caller: Caller) -> job_pb2.JobResult:
        """Return what a job that succeeded has left."""
        view = await self._view(request.job_id)
        if view.result is None:
            raise WrongState(f"job {view.job_id} has no result: it is {view.state}, and only a succeeded job has one")
        return result_message(view, view.result)

    async def metrics(self, request: job_pb2.GetMetricsRequest, _caller: Caller) -> job_pb2.GetMetricsResponse:
        """Return a job's history, or the part after a step."""
        view = await self._view(request.job_id)
        after_step = request.after_step if request.after_step > 0 else -1
        rows = await self._store.metric_rows(view.job_id, after_step=after_step, limit=MOST_METRIC_ROWS)
        return job_pb2.GetMetricsResponse(rows=[metric_row_message(row) for row in rows])

    async def list_jobs(self, request: job_pb2.ListJobsRequest, _caller: Caller) -> job_pb2.ListJobsResponse:
        """Return one page of jobs, newest first."""
        filters = f"{request.user_id}\n{request.filter_type}\n{request.filter_status}\n{request.filter_state}"
        query = JobQuery(
            user_id=request.user_id,
            states=_states(request),
            job_type=_job_type(request.filter_type),
            limit=page_size_asked(request.page_size),
            after=_place(position_in(request.page_token, filters)),
        )
        page = await self._read_model.list_jobs(query)
        views = [view_job(seen, self._read_model) for seen in await self._read_model.seen(page.jobs)]
        return _page_message(page, views, complete=request.complete, filters=filters)

    async def _view(self, job_id: str) -> JobView:
        if not job_id:
            raise InvalidField("job_id is missing: say which job", field="job_id")
        return view_job(await self._read_model.find(job_id), self._read_model)


def _page_message(page: JobPage, views: Sequence[JobView], *, complete: bool, filters: str) -> job_pb2.ListJobsResponse:
    """Return as many of the page's jobs as one answer may hold; the token says where the rest begins."""
    statuses = [status_message(view) for view in views]
    details = [details_message(view) for view in views] if complete else []
    sizes = [status.ByteSize() for status in statuses]
    if complete:
        sizes = [size + detail.ByteSize() for size, detail in zip(sizes, details, strict=True)]
    fits = how_many_fit(sizes, most_bytes=MOST_PAGE_BYTES)
    next_place = page.next_place if fits >= len(views) else JobPlace(0, page.jobs[fits - 1].sequence)
    return job_pb2.ListJobsResponse(
        jobs=statuses[:fits],
        next_page_token=token_for(str(next_place.sequence), filters) if next_place else "",
        total_count=page.total,
        details=details[:fits],
    )


def _states(request: job_pb2.ListJobsRequest) -> frozenset[JobState]:
    """Return the states both filters allow; empty when neither says anything."""
    coarse = _states_of_status(request.filter_status)
    if not request.filter_state:
        return coarse
    try:
        fine = JobState(request.filter_state.lower())
    except ValueError:
        known = ", ".join(state.value for state in JobState)
        raise InvalidField(
            f"filter_state must be one of {known}, got {request.filter_state[:40]!r}", field="filter_state"
        ) from None
    if coarse and fine not in coarse:
        raise InvalidField("filter_state and filter_status exclude each other; give one", field="filter_state")
    return frozenset({fine})


def _states_of_status(status: int) -> frozenset[JobState]:
    if status == common_pb2.STATUS_UNKNOWN:
        return frozenset()
    states = frozenset(state for state, coarse in STATUS_OF_STATE.items() if coarse == status)
    if not states:
        known = ", ".join(sorted({common_pb2.StatusCode.Name(coarse) for coarse in STATUS_OF_STATE.values()}))
        raise InvalidField(f"filter_status must be one of {known}, got {status}", field="filter_status")
    return states


def _job_type(number: int) -> str:
    """Return the type's name as specs have it, or one that no job has; empty for all types."""
    if number not in job_pb2.JobType.values():
        raise InvalidField(f"filter_type must be a JobType, got {number}", field="filter_type")
    if number == job_pb2.JOB_TYPE_UNKNOWN:
        return ""
    return job_pb2.JobType.Name(number).removeprefix("JOB_TYPE_").lower()


def _place(position: str) -> JobPlace | None:
    if position and not position.isdecimal():
        raise InvalidField("page_token must be the next_page_token of an earlier answer, or empty", field="page_token")
    return JobPlace(0, int(position)) if position else None
