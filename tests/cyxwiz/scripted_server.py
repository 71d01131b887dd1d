# ruff: noqa: N802  # the methods have the names that gRPC gives them
"""A small central server for tests of the SDK: real gRPC on a free port, answers as the test has written them.

It keeps what it was asked, so that a test can look. It decides nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from shared.pb import artifact_pb2, artifact_pb2_grpc, common_pb2, job_pb2, job_pb2_grpc, node_pb2, node_pb2_grpc

Context = grpc.ServicerContext


@dataclass(frozen=True)
class Refusal:
    """An answer that is an error."""

    code: grpc.StatusCode
    message: str = "scripted"
    field: str = ""

    def abort(self, context: Context) -> NoReturn:
        details = status_pb2.Status(code=self.code.value[0], message=self.message)
        if self.field:
            packed = AnyMessage()
            violation = error_details_pb2.BadRequest.FieldViolation(field=self.field, description=self.message)
            packed.Pack(error_details_pb2.BadRequest(field_violations=[violation]))
            details.details.append(packed)
            context.set_trailing_metadata((("grpc-status-details-bin", details.SerializeToString()),))
        context.abort(self.code, self.message)
        raise AssertionError


AWAY = Refusal(grpc.StatusCode.UNAVAILABLE)


@dataclass
class Script:
    """What the server says next, and what it was asked.

    Attributes:
        refusals: for the next unary calls, one each; then they work.
        watches: for each WatchJob in turn, what it sends; a refusal ends that stream, a number is a pause in seconds.
    """

    jobs: dict[str, job_pb2.Job] = field(default_factory=dict)
    nodes: list[node_pb2.NodeInfo] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    watches: list[list[job_pb2.JobUpdate | Refusal | float]] = field(default_factory=list)
    logs: list[list[job_pb2.LogLine | Refusal]] = field(default_factory=list)
    metrics: list[job_pb2.MetricRow] = field(default_factory=list)
    plan: job_pb2.PlanJobResponse = field(default_factory=job_pb2.PlanJobResponse)
    files: dict[str, bytes] = field(default_factory=dict)
    cut_downloads_after: list[int] = field(default_factory=list)
    # -1: after all of them, before they are taken as a whole.
    cut_uploads_after_chunks: list[int] = field(default_factory=list)
    received: list[tuple[str, Any]] = field(default_factory=list)
    # What is done, and never answered.
    lost_answers: int = 0
    lists_complete: bool = True
    facts: tuple[tuple[str, str], ...] = ()

    def asked(self, method: str) -> list[Any]:
        """Return the requests of one rpc, in order."""
        return [request for name, request in self.received if name == method]

    def hear(self, method: str, request: object, context: Context) -> None:
        self.received.append((method, request))
        if self.refusals:
            self.refusals.pop(0).abort(context)

    def job(self, job_id: str, context: Context) -> job_pb2.Job:
        if job_id not in self.jobs:
            Refusal(grpc.StatusCode.NOT_FOUND, f"no job {job_id}", "job_id").abort(context)
        return self.jobs[job_id]


class _JobService(job_pb2_grpc.JobServiceServicer):
    def __init__(self, script: Script) -> None:
        self._script = script

    def SubmitJob(self, request: job_pb2.SubmitJobRequest, context: Context) -> job_pb2.SubmitJobResponse:
        self._script.hear("SubmitJob", request, context)
        job_id = request.config.job_id
        self._script.jobs.setdefault(job_id, a_job(job_id, name=request.config.name))
        if self._script.lost_answers:
            self._script.lost_answers -= 1
            AWAY.abort(context)
        return job_pb2.SubmitJobResponse(job_id=job_id, status=common_pb2.STATUS_SUCCESS)

    def GetJob(self, request: job_pb2.GetJobRequest, context: Context) -> job_pb2.Job:
        self._script.hear("GetJob", request, context)
        return self._script.job(request.job_id, context)

    def ListJobs(self, request: job_pb2.ListJobsRequest, context: Context) -> job_pb2.ListJobsResponse:
        self._script.hear("ListJobs", request, context)
        found = [job for job in self._script.jobs.values() if request.filter_state in {"", job.status.state}]
        begin = int(request.page_token or 0)
        page = found[begin : begin + request.page_size]
        end = begin + len(page)
        token = str(end) if end < len(found) else ""
        return job_pb2.ListJobsResponse(
            jobs=[job.status for job in page],
            next_page_token=token,
            total_count=len(found),
            details=page if request.complete and self._script.lists_complete else (),
        )

    def WatchJob(self, request: job_pb2.WatchJobRequest, context: Context) -> Iterator[job_pb2.JobUpdate]:
        self._script.hear("WatchJob", request, context)
        if not self._script.watches:
            yield an_update(1, self._script.job(request.job_id, context))
            return
        for step in self._script.watches.pop(0):
            if isinstance(step, float):
                time.sleep(step)
                continue
            if isinstance(step, Refusal):
                step.abort(context)
            yield step

    def GetLogs(self, request: job_pb2.GetLogsRequest, context: Context) -> Iterator[job_pb2.LogLine]:
        self._script.hear("GetLogs", request, context)
        for step in self._script.logs.pop(0):
            if isinstance(step, Refusal):
                step.abort(context)
            yield step

    def GetMetrics(self, request: job_pb2.GetMetricsRequest, context: Context) -> job_pb2.GetMetricsResponse:
        self._script.hear("GetMetrics", request, context)
        self._script.job(request.job_id, context)
        return job_pb2.GetMetricsResponse(rows=self._script.metrics)

    def GetJobResult(self, request: job_pb2.GetJobResultRequest, context: Context) -> job_pb2.JobResult:
        self._script.hear("GetJobResult", request, context)
        job = self._script.job(request.job_id, context)
        if not job.HasField("result"):
            Refusal(grpc.StatusCode.FAILED_PRECONDITION, "the job has no result yet").abort(context)
        return job.result

    def CancelJob(self, request: job_pb2.CancelJobRequest, context: Context) -> job_pb2.CancelJobResponse:
        self._script.hear("CancelJob", request, context)
        self._script.job(request.job_id, context).status.state = "cancelled"
        return job_pb2.CancelJobResponse(status=common_pb2.STATUS_SUCCESS)

    def DeleteJob(self, request: job_pb2.DeleteJobRequest, context: Context) -> job_pb2.DeleteJobResponse:
        self._script.hear("DeleteJob", request, context)
        self._script.job(request.job_id, context)
        del self._script.jobs[request.job_id]
        return job_pb2.DeleteJobResponse(status=common_pb2.STATUS_SUCCESS)

    def PauseJob(self, request: job_pb2.PauseJobRequest, context: Context) -> job_pb2.PauseJobResponse:
        self._script.hear("PauseJob", request, context)
        job = self._script.job(request.job_id, context)
        job.status.state = "paused"
        return job_pb2.PauseJobResponse(status=job.status)

    def ResumeJob(self, request: job_pb2.ResumeJobRequest, context: Context) -> job_pb2.ResumeJobResponse:
        self._script.hear("ResumeJob", request, context)
        job = self._script.job(request.job_id, context)
        job.status.state = "queued"
        return job_pb2.ResumeJobResponse(status=job.status)

    def PlanJob(self, request: job_pb2.PlanJobRequest, context: Context) -> job_pb2.PlanJobResponse:
        self._script.hear("PlanJob", request, context)
        return self._script.plan

    def GetJobStatus(self, request: object, context: Context) -> job_pb2.GetJobStatusResponse:
        raise AssertionError("the SDK asks GetJob")

    def StreamJobUpdates(self, request: object, context: Context) -> Iterator[job_pb2.JobUpdateStream]:
        raise AssertionError("the SDK asks WatchJob")


class _DiscoveryService(node_pb2_grpc.NodeDiscoveryServiceServicer):
    def __init__(self, script: Script) -> None:
        self._script = script

    def ListNodes(self, request: node_pb2.ListNodesRequest, context: Context) -> node_pb2.ListNodesResponse:
        self._script.hear("ListNodes", request, context)
        context.set_trailing_metadata(self._script.facts)
        return node_pb2.ListNodesResponse(nodes=self._script.nodes, total_count=len(self._script.nodes))

    def FindNodes(self, request: object, context: Context) -> node_pb2.FindNodesResponse:
        raise AssertionError("the SDK asks ListNodes")

    def GetNodeInfo(self, request: object, context: Context) -> node_pb2.GetNodeInfoResponse:
        raise AssertionError("the SDK asks ListNodes")


class _ManagementService(node_pb2_grpc.NodeManagementServiceServicer):
    def __init__(self, script: Script) -> None:
        self._script = script

    def DrainNode(self, request: node_pb2.DrainNodeRequest, context: Context) -> node_pb2.NodeResponse:
        self._script.hear("DrainNode", request, context)
        return node_pb2.NodeResponse(info=node_pb2.NodeInfo(node_id=request.node_id, name="gpu", state="draining"))

    def UndrainNode(self, request: node_pb2.UndrainNodeRequest, context: Context) -> node_pb2.NodeResponse:
        self._script.hear("UndrainNode", request, context)
        return node_pb2.NodeResponse(info=node_pb2.NodeInfo(node_id=request.node_id, name="gpu", state="ready"))


class _ArtifactService(artifact_pb2_grpc.ArtifactServiceServicer):
    def __init__(self, script: Script) -> None:
        self._script = script
        self._partial: dict[str, bytes] = {}

    def GetUpload(self, request: artifact_pb2.GetUploadRequest, context: Context) -> artifact_pb2.GetUploadResponse:
        self._script.hear("GetUpload", request, context)
        have = self._script.files.get(request.sha256)
        offset = len(have if have is not None else self._partial.get(request.sha256, b""))
        return artifact_pb2.GetUploadResponse(offset=offset, complete=have is not None)

    def Upload(
        self, request_iterator: Iterator[artifact_pb2.UploadChunk], context: Context
    ) -> artifact_pb2.UploadResponse:
        cut_after = self._script.cut_uploads_after_chunks.pop(0) if self._script.cut_uploads_after_chunks else None
        sha256, size_bytes = "", 0
        for count, chunk in enumerate(request_iterator):
            self._script.received.append(("Upload", chunk.offset))
            sha256, size_bytes = chunk.sha256 or sha256, chunk.size_bytes or size_bytes
            if count == cut_after:
                AWAY.abort(context)
            assert chunk.offset == len(self._partial.get(sha256, b""))
            self._partial[sha256] = self._partial.get(sha256, b"") + chunk.data
        if cut_after == -1:
            AWAY.abort(context)
        data = self._partial.pop(sha256)
        assert hashlib.sha256(data).hexdigest() == sha256
        self._script.files[sha256] = data
        return artifact_pb2.UploadResponse(uri=f"artifact://sha256:{sha256}", sha256=sha256, size_bytes=size_bytes)

    def Download(self, request: artifact_pb2.DownloadRequest, context: Context) -> Iterator[artifact_pb2.DownloadChunk]:
        self._script.hear("Download", request, context)
        data = self._script.files[request.sha256][request.offset :]
        cut_after = self._script.cut_downloads_after.pop(0) if self._script.cut_downloads_after else None
        piece = data[:cut_after]
        for begin in range(0, len(piece), 1000):
            yield artifact_pb2.DownloadChunk(offset=request.offset + begin, data=piece[begin : begin + 1000])
        if cut_after is not None:
            AWAY.abort(context)


def a_job(job_id: str = "job-1", *, state: str = "queued", **status: Any) -> job_pb2.Job:
    """Return a job as the server tells of it."""
    return job_pb2.Job(status=job_pb2.JobStatus(job_id=job_id, state=state, priority=job_pb2.PRIORITY_NORMAL, **status))


def a_finished_job(files: dict[str, bytes], script: Script, job_id: str = "job-1") -> job_pb2.Job:
    """Return a job that succeeded, and store its files in the script."""
    job = a_job(job_id, state="succeeded", progress=1.0)
    for name, data in files.items():
        sha256 = hashlib.sha256(data).hexdigest()
        script.files[sha256] = data
        job.result.files.append(job_pb2.ResultFile(name=name, sha256=sha256, size_bytes=len(data)))
    job.result.model_weights_hash = job.result.files[0].sha256
    job.result.model_weights_uri = f"artifact://sha256:{job.result.files[0].sha256}"
    job.result.compute_seconds = 1.5
    job.result.final_metrics["test_accuracy"] = 0.98
    script.jobs[job_id] = job
    return job


def an_update(sequence: int, job: job_pb2.Job) -> job_pb2.JobUpdate:
    """Return one message of WatchJob."""
    return job_pb2.JobUpdate(sequence=sequence, job=job)


@contextmanager
def serving(script: Script) -> Iterator[str]:
    """Serve the script for the length of the `with`; gives the address."""
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    job_pb2_grpc.add_JobServiceServicer_to_server(_JobService(script), server)
    node_pb2_grpc.add_NodeDiscoveryServiceServicer_to_server(_DiscoveryService(script), server)
    node_pb2_grpc.add_NodeManagementServiceServicer_to_server(_ManagementService(script), server)
    artifact_pb2_grpc.add_ArtifactServiceServicer_to_server(_ArtifactService(script), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()
