"""Between what people see of a job and the public messages of `job.proto`. It converts; it never decides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from central_server.scheduler.jobs import AttemptRecord, JobError, JobResult
from central_server.telemetry_records import LogLine, MetricRow
from central_server.views import JobView, artifact_uri, weights_of
from shared.error_answers import codes_of, short_sentence
from shared.error_names import error_named
from shared.job_config import config_from_job_spec, job_type_number
from shared.lifecycle import JobState
from shared.pb import common_pb2, job_pb2

STATUS_OF_STATE: Mapping[JobState, common_pb2.StatusCode] = MappingProxyType(
    {
        JobState.QUEUED: common_pb2.STATUS_PENDING,
        JobState.PAUSED: common_pb2.STATUS_PENDING,
        JobState.RUNNING: common_pb2.STATUS_IN_PROGRESS,
        JobState.STOPPING: common_pb2.STATUS_IN_PROGRESS,
        JobState.SUCCEEDED: common_pb2.STATUS_COMPLETED,
        JobState.FAILED: common_pb2.STATUS_FAILED,
        JobState.CANCELLED: common_pb2.STATUS_CANCELLED,
    }
)
"""The coarse states of older clients."""

_PRIORITIES = MappingProxyType(
    {
        "low": job_pb2.PRIORITY_LOW,
        "normal": job_pb2.PRIORITY_NORMAL,
        "high": job_pb2.PRIORITY_HIGH,
        "critical": job_pb2.PRIORITY_CRITICAL,
    }
)


def status_message(view: JobView) -> job_pb2.JobStatus:
    """Return the status as both older clients and ours read it."""
    return job_pb2.JobStatus(
        job_id=view.job_id,
        status=STATUS_OF_STATE[view.state],
        progress=view.progress,
        current_node_id=view.node_id,
        start_time=(view.started_at_ms or 0) // 1000,
        end_time=(view.ended_at_ms or 0) // 1000,
        error=_error_message(view.error) if view.error else None,
        metrics=view.metrics,
        current_epoch=view.epoch,
        state=view.state.value,
        reason=view.reason,
        waiting_reason=view.waiting_reason,
        name=view.spec.name,
        step=view.step,
        steps_total=view.steps_total,
        epochs=view.spec.epochs,
        attempt=view.attempt,
        priority=_PRIORITIES[str(view.spec.priority)],
        labels=dict(view.spec.labels),
        submitted_at_ms=view.submitted_at_ms,
        started_at_ms=view.started_at_ms or 0,
        first_step_at_ms=view.first_step_at_ms or 0,
        ended_at_ms=view.ended_at_ms or 0,
        user_id=view.spec.user_id,
        job_type=job_type_number(view.spec.job_type),
    )


def job_message(view: JobView, *, with_config: bool) -> job_pb2.Job:
    """Return everything about a job; its config, which may be large, only when asked for."""
    job = details_message(view)
    job.status.CopyFrom(status_message(view))
    if with_config:
        job.config.CopyFrom(config_message(view))
    return job


def details_message(view: JobView) -> job_pb2.Job:
    """Return what a job has beside its status and its config."""
    return job_pb2.Job(
        attempts=[_attempt_message(attempt) for attempt in view.attempts],
        result=result_message(view, view.result) if view.result else None,
    )


def config_message(view: JobView) -> job_pb2.JobConfig:
    """Return the job's config under its id."""
    config = config_from_job_spec(view.spec)
    config.job_id = view.job_id
    return config


def result_message(view: JobView, result: JobResult) -> job_pb2.JobResult:
    """Return what a job that succeeded has left."""
    weights = weights_of(result)
    return job_pb2.JobResult(
        job_id=view.job_id,
        status=STATUS_OF_STATE[view.state],
        model_weights_uri=artifact_uri(weights) if weights else "",
        model_weights_hash=weights.sha256 if weights else "",
        model_size=weights.size_bytes if weights else 0,
        final_metrics=dict(result.final_metrics),
        total_compute_time=math.ceil(result.compute_seconds) if math.isfinite(result.compute_seconds) else 0,
        compute_seconds=result.compute_seconds,
        files=[
            job_pb2.ResultFile(name=file.name, sha256=file.sha256, size_bytes=file.size_bytes) for file in result.files
        ],
    )


def metric_row_message(row: MetricRow) -> job_pb2.MetricRow:
    """Return one row of the history."""
    return job_pb2.MetricRow(step=row.step, epoch=row.epoch, at_ms=row.at_ms, values=dict(row.values))


def log_line_message(line: LogLine) -> job_pb2.LogLine:
    """Return one line of the log."""
    return job_pb2.LogLine(
        sequence=line.sequence, at_ms=line.at_ms, attempt=line.attempt, level=line.level, text=line.text
    )


def _attempt_message(attempt: AttemptRecord) -> job_pb2.AttemptRecord:
    return job_pb2.AttemptRecord(
        number=attempt.number,
        node_id=attempt.node_id,
        state=attempt.state.value,
        reason=attempt.reason,
        started_at_ms=attempt.started_at_ms,
        ended_at_ms=attempt.ended_at_ms,
        resumed_from_step=attempt.resumed_from_step,
        placement=attempt.placement,
    )


def _error_message(error: JobError) -> common_pb2.Error:
    kind = type(error_named(error.code, error.message))
    return common_pb2.Error(
        code=codes_of(kind).rpc, message=short_sentence(error.message), details=error.message, reason=error.code
    )
