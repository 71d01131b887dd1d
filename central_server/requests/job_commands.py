"""What changes jobs: it checks a request, asks the core through the control loop, and answers once it is durable."""

from __future__ import annotations

from dataclasses import replace

from central_server.control_loop import ControlLoop
from central_server.earlier_jobs import EarlierJobs
from central_server.job_traces import JobTraces
from central_server.ports import Artifacts
from central_server.read_model import ReadModel, SeenJob
from central_server.requests.caller import Caller
from central_server.requests.source_model import check_weights, with_source_model
from central_server.requests.submission import (
    artifact_uri_of,
    artifacts_named_by,
    check_dataset_is_here,
    checked_job,
)
from central_server.scheduler.dependencies import dependency_refusal
from central_server.scheduler.events import (
    CancelRequested,
    DeleteRequested,
    PauseRequested,
    ResumeRequested,
    SubmitRequested,
)
from central_server.scheduler.job_requests import deletion_refusal, is_being_deleted
from central_server.scheduler.jobs import JobRecord
from central_server.tracker_rules import TrackerRules
from central_server.views import JobView, view_job
from shared.errors import AlreadyExists, InvalidField, NotFound, OurBug, WrongState
from shared.identifiers import check_identifier, new_job_id
from shared.job_spec import JobSpec, content_digest
from shared.lifecycle import JobState, job_has_ended
from shared.node_messages import PlanAnswer
from shared.pb import job_pb2

LONGEST_REASON_CHARACTERS = 1000


class JobCommands:
    """Submit, cancel, delete, pause, resume."""

    def __init__(
        self,
        loop: ControlLoop,
        read_model: ReadModel,
        artifacts: Artifacts,
        earlier_jobs: EarlierJobs,
        *,
        tracker_rules: TrackerRules,
        traces: JobTraces | None = None,
    ) -> None:
        self._loop = loop
        self._read_model = read_model
        self._artifacts = artifacts
        self._earlier_jobs = earlier_jobs
        self._tracker_rules = tracker_rules
        self._traces = traces

    async def submit(self, config: job_pb2.JobConfig, caller: Caller, *, initial_data: bytes = b"") -> str:
        """Accept a job and return its id; the same id with the same content answers as the first time did."""
        if self._traces is None:
            return await self._submit(config, caller, initial_data, "")
        with self._traces.accepting(caller.traceparent) as submission:
            job_id = await self._submit(config, caller, initial_data, submission.traceparent)
            submission.attributes["job_id"] = job_id
            return job_id

    async def _submit(self, config: job_pb2.JobConfig, caller: Caller, initial_data: bytes, traceparent: str) -> str:
        job_id = check_identifier(config.job_id, field="job_id") if config.job_id else new_job_id()
        if initial_data and config.dataset_uri:
            raise InvalidField(
                "initial_data and dataset_uri both name the data: send one of the two", field="initial_data"
            )
        uri = await artifact_uri_of(initial_data)
        resolved = await with_source_model(config, self._read_model)
        checked = await checked_job(resolved, user_id=caller.user_id, initial_data_uri=uri)
        with self._artifacts.held(artifacts_named_by(checked.spec)):
            if initial_data:
                await self._artifacts.put(initial_data)
            event = SubmitRequested(
                self._loop.new_request_id(),
                job_id,
                checked.spec,
                content_digest(checked.spec),
                traceparent=traceparent,
            )
            await self._accept(event, is_repeatable=bool(config.job_id))
        return job_id

    async def cancel(self, job_id: str, caller: Caller, reason: str = "") -> None:
        """End a job; acknowledged when durable. One that has ended stays as it is."""
        seen = await self._find_own(job_id, caller)
        if not job_has_ended(seen.record.state):
            request = CancelRequested(self._loop.new_request_id(), job_id, reason[:LONGEST_REASON_CHARACTERS])
            await self._loop.ask(request)

    async def delete(self, job_id: str, caller: Caller) -> None:
        """Remove a job and what only it used; a running one is cancelled first and removed when its device is free."""
        await self._find_own(job_id, caller)
        await self._loop.ask(DeleteRequested(self._loop.new_request_id(), job_id))

    async def pause(self, job_id: str, caller: Caller) -> JobView:
        """Let a job save itself and wait."""
        await self._refuse_if_ended(job_id, caller, "paused")
        return self._view(await self._loop.ask(PauseRequested(self._loop.new_request_id(), job_id)))

    async def resume(self, job_id: str, caller: Caller) -> JobView:
        """Let a paused job go on."""
        await self._refuse_if_ended(job_id, caller, "resumed")
        return self._view(await self._loop.ask(ResumeRequested(self._loop.new_request_id(), job_id)))

    async def _accept(self, event: SubmitRequested, *, is_repeatable: bool) -> None:
        spec = event.spec
        self._tracker_rules.check(spec.trackers)
        await check_dataset_is_here(spec, self._artifacts)
        await check_weights(spec, self._artifacts)
        if not (is_repeatable and await self._was_here_before(event)):
            await self._loop.ask(replace(event, met=await self._met_dependencies(spec)))

    async def _was_here_before(self, event: SubmitRequested) -> bool:
        """Look for an earlier job under the id the client chose; the core answers for those that have not ended."""
        seen = self._read_model.seen_now(event.job_id)
        known = seen.record.content_digest if seen else await self._earlier_jobs.content_digest(event.job_id)
        if not known:
            return False
        if seen and is_being_deleted(seen.record):
            raise deletion_refusal(event.job_id)
        if known != event.content_digest:
            raise AlreadyExists(f"job {event.job_id} exists with other content; choose another job_id", field="job_id")
        return True

    async def _met_dependencies(self, spec: JobSpec) -> frozenset[str]:
        """Return the jobs named in `after` that have succeeded already; the core knows those that have not ended."""
        met = set[str]()
        for job_id in spec.after:
            try:
                state = (await self._read_model.find(job_id)).record.state
            except NotFound:
                raise InvalidField(f"after names job {job_id}, which is not here", field="after") from None
            if state is JobState.SUCCEEDED:
                met.add(job_id)
            elif job_has_ended(state):
                raise dependency_refusal(job_id, state)
        return frozenset(met)

    async def _find_own(self, job_id: str, caller: Caller) -> SeenJob:
        seen = await self._read_model.find(_said(job_id))
        caller.require_owner(seen.record.spec.user_id, job_id)
        return seen

    async def _refuse_if_ended(self, job_id: str, caller: Caller, verb: str) -> None:
        state = (await self._find_own(job_id, caller)).record.state
        if job_has_ended(state):
            raise WrongState(f"job {job_id} has ended ({state}) and cannot be {verb}")

    def _view(self, answer: JobRecord | PlanAnswer | None) -> JobView:
        if not isinstance(answer, JobRecord):
            raise OurBug(f"the core must answer with a job, got {type(answer).__name__}")
        seen = self._read_model.seen_now(answer.job_id) or SeenJob(answer, None)
        return view_job(seen, self._read_model)


def _said(job_id: str) -> str:
    if not job_id:
        raise InvalidField("job_id is missing: say which job", field="job_id")
    return job_id
