"""The records' JSON: exactly the documented keys."""

from __future__ import annotations

import json
from typing import Any

from cyxwiz.records import MetricRow, metric_row_to_json, to_json_value
from cyxwiz.records_from_wire import job_info_from_wire, node_info_from_wire
from shared.pb import common_pb2, job_pb2, node_pb2
from tests.cyxwiz.scripted_server import Script, a_finished_job, a_job

KEYS = [
    "job_id",
    "name",
    "state",
    "reason",
    "waiting_reason",
    "progress",
    "epoch",
    "epochs",
    "step",
    "steps_total",
    "attempt",
    "node_id",
    "priority",
    "labels",
    "submitted_at_ms",
    "started_at_ms",
    "first_step_at_ms",
    "ended_at_ms",
    "metrics",
    "attempts",
    "result",
    "error",
]


def as_json(job: job_pb2.Job) -> dict[str, Any]:
    value = to_json_value(job_info_from_wire(job))
    assert isinstance(value, dict)
    json.dumps(value, allow_nan=False)
    return value


def test_a_job_has_the_documented_keys_in_order() -> None:
    assert list(as_json(a_job())) == KEYS


def test_a_result_and_an_attempt_have_the_documented_keys() -> None:
    job = a_finished_job({"model.safetensors": b"x"}, Script())
    job.attempts.append(job_pb2.AttemptRecord(number=1, node_id="n", state="succeeded"))
    value = as_json(job)
    assert list(value["result"]) == ["weights_uri", "weights_sha256", "size_bytes", "final_metrics", "compute_seconds"]
    (attempt,) = value["attempts"]
    assert list(attempt) == [
        "number",
        "node_id",
        "state",
        "reason",
        "started_at_ms",
        "ended_at_ms",
        "resumed_from_step",
    ]


def test_only_a_failed_job_has_an_error() -> None:
    failed = a_job(state="failed")
    failed.status.error.reason, failed.status.error.message = "bad_data", "NaN in row 3"
    assert as_json(failed)["error"] == {"code": "bad_data", "message": "NaN in row 3"}
    assert as_json(a_job())["error"] is None


def test_a_number_that_json_lacks_is_null() -> None:
    job = a_job()
    job.status.metrics["loss"] = float("nan")
    assert as_json(job)["metrics"] == {"loss": None}


def test_a_metric_row_is_flat_and_its_own_keys_win() -> None:
    row = MetricRow(step=1, epoch=2, at_ms=3, values={"loss": 0.5, "step": 9.0})
    assert metric_row_to_json(row) == {"step": 1, "epoch": 2, "at_ms": 3, "loss": 0.5}


def test_a_node_has_the_documented_keys() -> None:
    node = node_pb2.NodeInfo(node_id="n", name="one", state="ready", last_seen_ms=5)
    node.devices.add(device_type=common_pb2.DEVICE_CPU, device_name="a cpu", memory_total=7, memory_promised=3)
    node.attempts.add(job_id="j", attempt=1, state="running")
    assert to_json_value(node_info_from_wire(node)) == {
        "node_id": "n",
        "name": "one",
        "state": "ready",
        "devices": [{"kind": "cpu", "name": "a cpu", "memory_bytes": 7, "memory_promised_bytes": 3}],
        "attempts": [{"job_id": "j", "attempt": 1, "state": "running"}],
        "last_seen_ms": 5,
    }
