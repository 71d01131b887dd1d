"""The JSON of `show`, of `nodes` and of a metric row, exactly as the command line's contract names the keys.

Numbers that are not finite become null: JSON has no word for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from central_server.curves import Curve
from central_server.requests.planning import JobPlan
from central_server.scheduler.jobs import AttemptRecord, JobResult
from central_server.telemetry_records import DeviceUse, LogLine, MetricRow
from central_server.views import JobView, NodeView, artifact_uri, weights_of
from shared.job_mapping import mapping_from_job_spec
from shared.node_messages import ResultFile


def json_from_job(view: JobView) -> dict[str, Any]:
    """Return the JSON of `show`."""
    return {
        "job_id": view.job_id,
        "name": view.spec.name,
        "user_id": view.spec.user_id,
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


def json_from_whole_job(view: JobView) -> dict[str, Any]:
    """Return the JSON of `show` with the job's settings and the files it has left."""
    whole = json_from_job(view) | {"spec": mapping_from_job_spec(view.spec)}
    if view.result:
        whole["result"] |= {"files": [_json_from_file(view.job_id, file) for file in view.result.files]}
    return whole


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
                **_json_from_use(view.uses.get(device.device_id)),
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
                "name": running.name,
                "labels": dict(running.labels),
            }
            for running in view.attempts
        ],
        "last_seen_ms": record.last_seen_ms,
        "slots": record.description.slots,
    }


def json_from_metrics(row: MetricRow) -> dict[str, Any]:
    """Return one row of `metrics`."""
    return _finite(row.values) | {"step": row.step, "epoch": row.epoch, "at_ms": row.at_ms}


def json_from_log_line(line: LogLine) -> dict[str, Any]:
    """Return one line of a log."""
    return {
        "sequence": line.sequence,
        "attempt": line.attempt,
        "at_ms": line.at_ms,
        "level": line.level,
        "text": line.text,
    }


def json_from_curve(curve: Curve) -> dict[str, Any]:
    """Return a curve."""
    return {
        "names": list(curve.names),
        "rows": curve.rows,
        "first_step": curve.first_step,
        "last_step": curve.last_step,
        "series": {name: {"steps": line.steps, "values": line.values} for name, line in curve.series.items()},
    }


def json_from_plan(plan: JobPlan) -> dict[str, Any]:
    """Return the JSON of `plan`."""
    return {
        "layers": [
            {
                "name": layer.name,
                "type": layer.kind,
                "output_shape": list(layer.output_shape),
                "parameters": layer.parameters,
            }
            for layer in plan.layers
        ],
        "parameters": plan.parameters,
        "memory_bytes": plan.memory_bytes,
        "flops_per_step": plan.flops_per_step if math.isfinite(plan.flops_per_step) else 0.0,
        "nodes": [
            {"node_id": place.node_id, "name": place.name, "fits": not place.refusal, "reason": place.refusal}
            for place in plan.places
        ],
        "memory_note": plan.memory_note,
    }


def _json_from_use(use: DeviceUse | None) -> dict[str, Any]:
    return {
        "memory_used_bytes": use.memory_used_bytes if use else None,
        "utilisation": use.utilisation if use else None,
    }


def _json_from_file(job_id: str, file: ResultFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "url": f"/api/v1/jobs/{job_id}/files/{quote(file.name)}",
    }


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
        "compute_seconds": result.compute_seconds if math.isfinite(result.compute_seconds) else 0.0,
    }


def _finite(metrics: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
