"""From protobuf messages to the SDK's records, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from cyxwiz.records import (
    AttemptInfo,
    DeviceInfo,
    ErrorInfo,
    JobInfo,
    LogLine,
    MetricRow,
    NodeAttempt,
    NodeInfo,
    Plan,
    PlannedLayer,
    PlannedNode,
    ResultInfo,
)
from shared.errors import NotSupported
from shared.lifecycle import AttemptState, JobState
from shared.pb import common_pb2, job_pb2, node_pb2

_DEVICE_KIND = {
    common_pb2.DEVICE_CPU: "cpu",
    common_pb2.DEVICE_CUDA: "cuda",
    common_pb2.DEVICE_OPENCL: "opencl",
    common_pb2.DEVICE_METAL: "metal",
    common_pb2.DEVICE_VULKAN: "vulkan",
}
_PRIORITY = {
    job_pb2.PRIORITY_LOW: "low",
    job_pb2.PRIORITY_NORMAL: "normal",
    job_pb2.PRIORITY_HIGH: "high",
    job_pb2.PRIORITY_CRITICAL: "critical",
}


def job_info_from_wire(job: job_pb2.Job) -> JobInfo:
    """Return everything the server said about a job."""
    return _job_info_with(job.status, job)


def job_infos_from_page(page: job_pb2.ListJobsResponse, *, complete: bool) -> list[JobInfo]:
    """Return the jobs of a page; those of a complete one with their attempts and results.

    Raises:
        NotSupported: a complete page was asked for, and the server gave the statuses alone.
    """
    if not complete:
        return [_job_info(status, attempts=(), result=None) for status in page.jobs]
    if len(page.details) != len(page.jobs):
        raise NotSupported("this central server is too old to list complete jobs: update it, or leave out `complete`")
    return [_job_info_with(status, details) for status, details in zip(page.jobs, page.details, strict=True)]


def _job_info_with(status: job_pb2.JobStatus, details: job_pb2.Job) -> JobInfo:
    result = result_info_from_wire(details.result) if details.HasField("result") else None
    return _job_info(status, attempts=details.attempts, result=result)


def _job_info(
    status: job_pb2.JobStatus, *, attempts: Iterable[job_pb2.AttemptRecord], result: ResultInfo | None
) -> JobInfo:
    state = JobState(status.state)
    return JobInfo(
        job_id=status.job_id,
        name=status.name,
        state=state,
        reason=status.reason,
        waiting_reason=status.waiting_reason,
        progress=status.progress,
        epoch=status.current_epoch,
        epochs=status.epochs,
        step=status.step,
        steps_total=status.steps_total,
        attempt=status.attempt,
        node_id=status.current_node_id,
        priority=_PRIORITY.get(status.priority, "normal"),
        labels=dict(status.labels),
        submitted_at_ms=status.submitted_at_ms or None,
        started_at_ms=status.started_at_ms or None,
        first_step_at_ms=status.first_step_at_ms or None,
        ended_at_ms=status.ended_at_ms or None,
        metrics=dict(status.metrics),
        attempts=tuple(_attempt_from_wire(attempt) for attempt in attempts),
        result=result,
        error=_error_from_wire(status.error) if state is JobState.FAILED else None,
    )


def _attempt_from_wire(attempt: job_pb2.AttemptRecord) -> AttemptInfo:
    return AttemptInfo(
        number=attempt.number,
        node_id=attempt.node_id,
        state=AttemptState(attempt.state),
        reason=attempt.reason,
        started_at_ms=attempt.started_at_ms or None,
        ended_at_ms=attempt.ended_at_ms or None,
        resumed_from_step=attempt.resumed_from_step,
        placement=attempt.placement,
    )


def _error_from_wire(error: common_pb2.Error) -> ErrorInfo:
    return ErrorInfo(code=error.reason or "error", message=error.message)


def result_info_from_wire(result: job_pb2.JobResult) -> ResultInfo:
    """Return where a job's weights are and what they scored."""
    return ResultInfo(
        weights_uri=result.model_weights_uri,
        weights_sha256=result.model_weights_hash,
        size_bytes=result.model_size,
        final_metrics=dict(result.final_metrics),
        compute_seconds=result.compute_seconds or float(result.total_compute_time),
    )


def metric_row_from_wire(row: job_pb2.MetricRow) -> MetricRow:
    """Return one row of a job's history."""
    return MetricRow(step=row.step, epoch=row.epoch, at_ms=row.at_ms, values=dict(row.values))


def log_line_from_wire(line: job_pb2.LogLine) -> LogLine:
    """Return one line of a job's log."""
    return LogLine(sequence=line.sequence, at_ms=line.at_ms, attempt=line.attempt, level=line.level, text=line.text)


def node_info_from_wire(node: node_pb2.NodeInfo) -> NodeInfo:
    """Return a node with its devices and what it runs."""
    return NodeInfo(
        node_id=node.node_id,
        name=node.name,
        state=node.state or ("ready" if node.is_online else "offline"),
        devices=tuple(_device_from_wire(device) for device in node.devices),
        attempts=tuple(
            NodeAttempt(job_id=attempt.job_id, attempt=attempt.attempt, state=attempt.state)
            for attempt in node.attempts
        ),
        last_seen_ms=node.last_seen_ms or None,
        terminal_address=node.terminal_address,
    )


def _device_from_wire(device: common_pb2.DeviceCaps) -> DeviceInfo:
    return DeviceInfo(
        kind=_DEVICE_KIND.get(device.device_type, "unknown"),
        name=device.gpu_model or device.device_name,
        memory_bytes=device.vram_total or device.memory_total,
        memory_promised_bytes=device.memory_promised,
        memory_available_bytes=(device.vram_available if device.vram_total else device.memory_available) or None,
    )


def plan_from_wire(plan: job_pb2.PlanJobResponse) -> Plan:
    """Return what would happen to a job."""
    return Plan(
        layers=tuple(
            PlannedLayer(
                name=layer.name,
                type=layer.type,
                output_shape=tuple(layer.output_shape),
                parameters=layer.parameters,
            )
            for layer in plan.layers
        ),
        parameters=plan.parameters,
        memory_bytes=plan.memory_bytes,
        flops_per_step=plan.flops_per_step,
        nodes=tuple(
            PlannedNode(node_id=node.node_id, name=node.name, fits=node.fits, reason=node.reason) for node in plan.nodes
        ),
        memory_note=plan.memory_note,
    )
