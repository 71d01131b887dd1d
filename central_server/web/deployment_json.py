"""The JSON of a deployment, as the command line's has the keys."""

from __future__ import annotations

from typing import Any

from central_server.deployments.views import DeploymentView, ReplicaView


def json_from_deployment(view: DeploymentView) -> dict[str, Any]:
    """Return the JSON of one deployment."""
    record = view.record
    return {
        "deployment_id": record.deployment_id,
        "name": record.name,
        "user_id": record.user_id,
        "state": view.state.value,
        "message": view.message,
        "source": record.source,
        "generation": record.generation,
        "replicas_wanted": record.replicas,
        "replicas": [_json_from_replica(replica) for replica in view.replicas],
        "total_requests": view.total_requests,
        "latency_ms": view.latency_ms,
        "created_at_ms": record.created_at_ms,
        "started_at_ms": record.started_at_ms or None,
        "stopped_at_ms": record.stopped_at_ms or None,
    }


def _json_from_replica(replica: ReplicaView) -> dict[str, Any]:
    return {
        "job_id": replica.job_id,
        "state": replica.state.value,
        "is_ready": replica.is_ready,
        "generation": replica.generation,
        "node_id": replica.node_id,
        "address": replica.address,
        "http_address": replica.http_address,
        "reason": replica.reason,
        "requests": replica.requests,
        "latency_ms": replica.latency_ms,
        "rows_per_second": replica.rows_per_second,
        "queue_rows": replica.queue_rows,
    }
