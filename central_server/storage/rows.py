"""Between records and rows, both ways; every pair is an exact round trip. It asks no database.

Numbers that are not finite are kept as Python's JSON writes them (`NaN`), so a diverged loss survives as what it was.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from google.protobuf import json_format
from pydantic_core import from_json
from sqlalchemy import RowMapping

from central_server.scheduler.jobs import AttemptRecord, JobCheckpoint, JobError, JobRecord, JobResult, StopIntent
from central_server.scheduler.nodes import NodeRecord
from central_server.telemetry_records import LogLine, MetricRow
from shared.job_spec import JobSpec, spec_as_stored
from shared.lifecycle import AttemptState, JobState
from shared.node_description_wire import description_from_proto, description_to_proto
from shared.node_messages import ResultFile, StoredCheckpoint
from shared.pb import link_pb2

Row = Mapping[str, Any] | RowMapping
"""Columns by name, as SQLAlchemy gives them."""

WITHOUT_MODEL = "{}"
"""The model definition of specs that were read for a listing, where megabytes of it would serve nobody."""

USE_OF = "device_seconds_of:"
"""In front of a user's id in `server_state`: the device seconds that user has had lately."""

PRIORITIES = ("low", "normal", "high", "critical")
"""By these numbers `job_search` sorts them."""

_DETAIL_NUMBERS = ("failures", "losses", "step", "epoch", "steps_total", "wait_until_ms")
_KEPT_APART = {"model_definition"}
_ARTIFACT = "artifact://sha256:"


def row_from_job(record: JobRecord) -> dict[str, Any]:
    """Return the row of `jobs`, which is written anew with each change."""
    return {
        "job_id": record.job_id,
        "sequence": record.sequence,
        "user_id": record.spec.user_id,
        "name": record.spec.name,
        "state": record.state.value,
        "submitted_at_ms": record.submitted_at_ms,
        "started_at_ms": record.started_at_ms,
        "first_step_at_ms": record.first_step_at_ms,
        "ended_at_ms": record.ended_at_ms,
        "content_digest": record.content_digest,
        "details": json.dumps(_details_from_job(record), separators=(",", ":")),
    }


def row_from_spec(record: JobRecord) -> dict[str, Any]:
    """Return the row of `job_specs`, which is written once."""
    return {
        "job_id": record.job_id,
        "spec": record.spec.model_dump_json(exclude=_KEPT_APART),
        "model_definition": record.spec.model_definition,
    }


def row_for_search(record: JobRecord) -> dict[str, Any]:
    """Return the row of `job_search`, which is written once."""
    spec = record.spec
    return {
        "job_id": record.job_id,
        "sequence": record.sequence,
        "priority": PRIORITIES.index(spec.priority),
        "name_key": spec.name.casefold(),
        "searched": "\n".join([spec.name, *spec.labels.values()]).casefold(),
        "labels": "".join(searched_label(key, value) for key, value in spec.labels.items()),
    }


def row_for_replicas(record: JobRecord) -> dict[str, Any] | None:
    """Return the row of `replicas`, which is written once; None for every other job."""
    serving = record.spec.serving
    if serving is None:
        return None
    return {"sequence": record.sequence, "job_id": record.job_id, "deployment_id": serving.deployment_id}


def searched_label(key: str, value: str) -> str:
    """Return a label as `job_search` holds it; neither part can hold the characters around it."""
    return f"\n{key}\x1f{value}\n"


def spec_from_row(row: Row) -> JobSpec:
    """Return the spec of a row that joins `job_specs`; without the column `model_definition`, `WITHOUT_MODEL`."""
    # Interned, so that a thousand jobs with one model hold its text once.
    return spec_as_stored(sys.intern(row.get("model_definition", WITHOUT_MODEL)), row["spec"])


def job_from_row(row: Row) -> JobRecord:
    """Return the record of a row of `jobs` joined with its spec."""
    return JobRecord(
        job_id=row["job_id"],
        sequence=row["sequence"],
        spec=spec_from_row(row),
        content_digest=row["content_digest"],
        state=JobState(row["state"]),
        submitted_at_ms=row["submitted_at_ms"],
        started_at_ms=row["started_at_ms"],
        first_step_at_ms=row["first_step_at_ms"],
        ended_at_ms=row["ended_at_ms"],
        **_details_as_stored(row["details"]),
    )


@lru_cache(maxsize=256)
def _details_as_stored(text: str) -> Mapping[str, Any]:
    """Return what `_details_from_job` wrote, by the record's fields; the text of most jobs that wait is the same."""
    details = from_json(text)
    intent = details["stop_intent"]
    return {
        "reason": details["reason"],
        "stop_intent": StopIntent(intent) if intent else None,
        "attempts": tuple(_attempt_from_json(attempt) for attempt in details["attempts"]),
        "checkpoint_node_id": details["checkpoint_node_id"],
        "waits_for": tuple(details.get("waits_for", ())),
        "checkpoint": _checkpoint_from_json(details.get("checkpoint")),
        "result": _result_from_json(details["result"]),
        "error": JobError(**details["error"]) if details["error"] else None,
        "last_metrics": details["last_metrics"],
        "traceparent": details.get("traceparent", ""),
        **{name: details[name] for name in _DETAIL_NUMBERS},
    }


def row_from_node(record: NodeRecord) -> dict[str, Any]:
    """Return the row of `nodes`; sessions and monotonic times mean nothing to another process and are left out."""
    details = {
        "process_id": record.process_id,
        "is_draining": record.is_draining,
        "drain_seconds": record.drain_seconds,
        "jobs_completed": record.jobs_completed,
        "compute_seconds": record.compute_seconds,
        "description": json_format.MessageToDict(description_to_proto(record.description)),
    }
    return {
        "node_id": record.node_id,
        "name": record.name,
        "last_seen_ms": record.last_seen_ms,
        "details": json.dumps(details, separators=(",", ":")),
    }


def node_from_row(row: Row) -> NodeRecord:
    """Return the record of a row of `nodes`: a node without a session."""
    details = json.loads(row["details"])
    description = json_format.ParseDict(details.pop("description"), link_pb2.NodeDescription())
    return NodeRecord(
        node_id=row["node_id"],
        name=row["name"],
        last_seen_ms=row["last_seen_ms"],
        description=description_from_proto(description),
        **details,
    )


def row_from_metrics(row: MetricRow) -> dict[str, Any]:
    """Return the row of `metric_rows`."""
    return {
        "job_id": row.job_id,
        "step": row.step,
        "attempt": row.attempt,
        "epoch": row.epoch,
        "at_ms": row.at_ms,
        "metrics": json.dumps(dict(row.values), separators=(",", ":")),
    }


def metrics_from_row(row: Row) -> MetricRow:
    """Return the record of a row of `metric_rows`."""
    return MetricRow(
        job_id=row["job_id"],
        attempt=row["attempt"],
        step=row["step"],
        epoch=row["epoch"],
        at_ms=row["at_ms"],
        values=json.loads(row["metrics"]),
    )


def row_from_log_line(line: LogLine) -> dict[str, Any]:
    """Return the row of `log_lines`, but for its sequence."""
    digest = hashlib.sha256(f"{line.level}\n{line.text}".encode()).hexdigest()[:32]
    return {
        "job_id": line.job_id,
        "attempt": line.attempt,
        "at_ms": line.at_ms,
        "level": line.level,
        "text": line.text,
        "digest": digest,
    }


def log_line_from_row(row: Row) -> LogLine:
    """Return the record of a row of `log_lines`."""
    return LogLine(
        job_id=row["job_id"],
        attempt=row["attempt"],
        at_ms=row["at_ms"],
        level=row["level"],
        text=row["text"],
        sequence=row["sequence"],
    )


def artifacts_of(record: JobRecord) -> frozenset[str]:
    """Return the SHA-256 of each artifact this job refers to: dataset, weights, newest checkpoint and results."""
    dataset = record.spec.dataset
    given = {dataset.removeprefix(_ARTIFACT).partition("?")[0]} if dataset.startswith(_ARTIFACT) else set()
    made = {file.sha256 for file in record.result.files} if record.result else set()
    begun_from = {record.spec.weights_sha256} if record.spec.weights else set()
    goes_on_from = {record.checkpoint.stored.sha256} if record.checkpoint else set()
    return frozenset(given | begun_from | made | goes_on_from)


def _details_from_job(record: JobRecord) -> dict[str, Any]:
    return {
        "reason": record.reason,
        "stop_intent": record.stop_intent.value if record.stop_intent else None,
        "attempts": [_json_from_attempt(attempt) for attempt in record.attempts],
        "checkpoint_node_id": record.checkpoint_node_id,
        "waits_for": list(record.waits_for),
        "checkpoint": _json_from_checkpoint(record.checkpoint),
        "result": _json_from_result(record.result),
        "error": {"code": record.error.code, "message": record.error.message} if record.error else None,
        "last_metrics": dict(record.last_metrics),
        **({"traceparent": record.traceparent} if record.traceparent else {}),
        **{name: getattr(record, name) for name in _DETAIL_NUMBERS},
    }


def _json_from_attempt(attempt: AttemptRecord) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "node_id": attempt.node_id,
        "device_ids": list(attempt.device_ids),
        "memory_bytes": attempt.memory_bytes,
        "state": attempt.state.value,
        "reason": attempt.reason,
        "offered_at_ms": attempt.offered_at_ms,
        "started_at_ms": attempt.started_at_ms,
        "ended_at_ms": attempt.ended_at_ms,
        "resumed_from_step": attempt.resumed_from_step,
        "placement": attempt.placement,
    }


def _attempt_from_json(fields: dict[str, Any]) -> AttemptRecord:
    converted = {"state": AttemptState(fields["state"]), "device_ids": tuple(fields["device_ids"])}
    return AttemptRecord(**(fields | converted))


def _json_from_checkpoint(checkpoint: JobCheckpoint | None) -> dict[str, Any] | None:
    if checkpoint is None:
        return None
    stored = checkpoint.stored
    return {
        "attempt": checkpoint.attempt,
        "sha256": stored.sha256,
        "size_bytes": stored.size_bytes,
        "step": stored.step,
        "fingerprint": stored.fingerprint,
    }


def _checkpoint_from_json(fields: dict[str, Any] | None) -> JobCheckpoint | None:
    if fields is None:
        return None
    attempt = fields.pop("attempt")
    return JobCheckpoint(attempt, StoredCheckpoint(**fields))


def _json_from_result(result: JobResult | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "files": [[file.name, file.sha256, file.size_bytes] for file in result.files],
        "final_metrics": dict(result.final_metrics),
        "compute_seconds": result.compute_seconds,
    }


def _result_from_json(fields: dict[str, Any] | None) -> JobResult | None:
    if fields is None:
        return None
    return JobResult(
        files=tuple(ResultFile(*file) for file in fields["files"]),
        final_metrics=fields["final_metrics"],
        compute_seconds=fields["compute_seconds"],
    )
