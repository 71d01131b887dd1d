"""Reads and writes deployments on a connection that somebody else opened."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from central_server.deployments.records import DeploymentRecord, Wanted
from central_server.scheduler.jobs import JobError
from central_server.storage import tables
from central_server.storage.rows import Row
from shared.job_spec import spec_from_json, spec_to_json

_DETAILS = ("user_id", "replicas", "source", "created_at_ms", "started_at_ms", "stopped_at_ms")


def all_deployments(connection: Connection) -> tuple[DeploymentRecord, ...]:
    """Return every deployment, the oldest first."""
    records = [_from_row(row) for row in connection.execute(select(tables.deployments)).mappings()]
    return tuple(sorted(records, key=lambda record: (record.created_at_ms, record.deployment_id)))


def put_deployment(connection: Connection, record: DeploymentRecord) -> None:
    """Keep one in place of what was there."""
    remove_deployment(connection, record.deployment_id)
    connection.execute(insert(tables.deployments).values(_row_from(record)))


def remove_deployment(connection: Connection, deployment_id: str) -> None:
    """Forget one."""
    connection.execute(delete(tables.deployments).where(tables.deployments.c.deployment_id == deployment_id))


def _row_from(record: DeploymentRecord) -> dict[str, Any]:
    failure = record.failure
    details = {name: getattr(record, name) for name in _DETAILS} | {
        "wanted": record.wanted.value,
        "failure": {"code": failure.code, "message": failure.message} if failure else None,
    }
    return {
        "deployment_id": record.deployment_id,
        "name": record.name,
        "weights_sha256": record.spec.weights_sha256,
        "details": json.dumps(details, separators=(",", ":")),
        "spec": spec_to_json(record.spec),
    }


def _from_row(row: Row) -> DeploymentRecord:
    details = json.loads(row["details"])
    failure = details["failure"]
    return DeploymentRecord(
        deployment_id=row["deployment_id"],
        name=row["name"],
        spec=spec_from_json(row["spec"]),
        wanted=Wanted(details["wanted"]),
        failure=JobError(**failure) if failure else None,
        **{name: details[name] for name in _DETAILS},
    )
