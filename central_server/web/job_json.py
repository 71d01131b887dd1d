"""The JSON of `show`, of `nodes` and of a metric row, exactly as the command line's contract names the keys.

Numbers that are not finite become null: JSON has no word for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from central_server.scheduler.jobs import AttemptRecord, JobResult
from central_server.telemetry_records import MetricRow
from central_server.views import JobView, NodeView, artifact_uri, weights_of


def json_from_job(view: JobView) -> dict[str, Any]:
    """Return the JSON of `show`."""
    return {
        "job_id": view.job_id,
        "name": view.spec.name,
        "state": view.state.value,
        "reason": view.reason,
        "waiting_reason": view.waiting_reason,
        "progress": view.progress,
        "epoch": view.epoch,
        "epochs": view.spec.epochs,
        "step": view.step,
        "steps_total": view.steps_total,
        "attempt": view.attempt,
        "node_id": view.node_id,
        "priority": view.spec.priority,
        "labels": dict(view.spec.labels),
        "submitted_at_ms": view.submitted_at_ms,
        "started_at_ms": view.started_at_ms,
        "first_step_at_ms": view.first_step_at_ms,
        "ended_at_ms": view.ended_at_ms,
        "metrics": _finite(view.metrics),
        "attempts": [_json_from_attempt(attempt) for attempt in view.attempts],
        "result": _json_from_result(view.result) if view.result else None,
        "error": {"code": view.error.code, "message": view.error.message} if view.error else None,
    }


def json_from_node(view: NodeView) -> dict[str, Any]:
    """Return one row of `nodes`."""
    record = view.record
    return {
        "node_id": record.node_id,
        "name": record.name,
        "state": record.state.value,
        "devices": [
            {
                "kind": device.kind.value,
                "name": device.name,
                "memory_bytes": device.memory_total_bytes,
                "memory_promised_bytes": view.promised_bytes.get(device.device_id, 0),
                "device_id": device.device_id,
            }
            for device in record.description.devices
        ],
        "attempts": [
            {
                "job_id": running.job_id,
                "number": running.attempt.number,
                "state": running.attempt.state.value,
                "device_ids": list(running.attempt.device_ids),
                "memory_promised_bytes": running.attempt.memory_bytes,
            }
            for running in view.attempts
        ],
        "last_seen_ms": record.last_seen_ms,
    }


def json_from_metrics(row: MetricRow) -> dict[str, Any]:
    """Return one row of `metrics`."""
    return _finite(row.values) | {"step": row.step, "epoch": row.epoch, "at_ms": row.at_ms}


def _json_from_attempt(attempt: AttemptRecord) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "node_id": attempt.node_id,
        "state": attempt.state.value,
        "reason": attempt.reason,
        "started_at_ms": attempt.started_at_ms or None,
        "ended_at_ms": attempt.ended_at_ms or None,
        "resumed_from_step": attempt.resumed_from_step,
    }


def _json_from_result(result: JobResult) -> dict[str, Any]:
    weights = weights_of(result)
    return {
        "weights_uri": artifact_uri(weights) if weights else None,
        "weights_sha256": weights.sha256 if weights else None,
        "size_bytes": weights.size_bytes if weights else None,
        "final_metrics": _finite(result.final_metrics),
        "compute_seconds": result.compute_seconds,
    }


def _finite(metrics: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
