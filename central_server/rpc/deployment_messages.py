"""From what people see of a deployment to the public messages. It converts; it never decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from central_server.deployments.served_samples import SamplePoint
from central_server.deployments.views import DeploymentState, DeploymentView, ReplicaView
from central_server.rpc.node_info import node_info
from central_server.views import NodeView
from shared.pb import common_pb2, deployment_pb2

STATUSES = {
    state: deployment_pb2.DeploymentStatus.Value(f"DEPLOYMENT_STATUS_{state.name}") for state in DeploymentState
}
_DEVICES = {"cpu": common_pb2.DEVICE_CPU, "cuda": common_pb2.DEVICE_CUDA}
_MS = 1000


def deployment_message(
    view: DeploymentView, *, now_ms: int, find_node: Callable[[str], NodeView | None]
) -> deployment_pb2.Deployment:
    """Return the message of one deployment."""
    record = view.record
    first = view.ready[0] if view.ready else None
    node = find_node(first.node_id) if first else None
    said: dict[str, Any] = {
        "deployment_id": record.deployment_id,
        "config": _config(view),
        "status": STATUSES[view.state],
        "status_message": view.message,
        "created_at": record.created_at_ms // _MS,
        "started_at": record.started_at_ms // _MS,
        "stopped_at": record.stopped_at_ms // _MS,
        "endpoint_url": f"grpc://{first.address}" if first and first.address else "",
        "uptime_seconds": _uptime_ms(view, now_ms) // _MS,
        "total_requests": view.total_requests,
        "avg_latency_ms": view.latency_ms,
        "name": record.name,
        "replicas": map(_replica, view.replicas),
        "generation": record.generation,
        "created_at_ms": record.created_at_ms,
    }
    if node is not None:
        said["assigned_node"] = node_info(node)
    return deployment_pb2.Deployment(**said)


def point_message(point: SamplePoint) -> deployment_pb2.DeploymentMetricPoint:
    """Return the message of one point; what is not measured by deployment is left unset."""
    return deployment_pb2.DeploymentMetricPoint(
        timestamp=point.at_ms // _MS,
        request_count=point.requests,
        avg_latency_ms=point.latency_ms,
        throughput_rps=point.rows_per_second,
    )


def _config(view: DeploymentView) -> deployment_pb2.DeploymentConfig:
    record, serving = view.record, view.record.serving
    is_job = not record.source.startswith("artifact:")
    is_onnx = serving.format == "onnx"
    resources = record.spec.resources
    return deployment_pb2.DeploymentConfig(
        deployment_id=record.deployment_id,
        user_id=record.user_id,
        type=deployment_pb2.DEPLOYMENT_TYPE_NETWORK,
        model=deployment_pb2.ModelInfo(
            name=record.name,
            format=deployment_pb2.MODEL_FORMAT_ONNX if is_onnx else deployment_pb2.MODEL_FORMAT_SAFETENSORS,
            source_url=record.spec.weights,
            job_id=record.source if is_job else "",
            input_shape=serving.input_shape,
        ),
        requirements=deployment_pb2.HardwareRequirements(
            required_device=_DEVICES.get(resources.device, common_pb2.DEVICE_UNKNOWN)
        ),
        runtime_params={
            "batch_milliseconds": f"{serving.batch_milliseconds:g}",
            "queue_rows": str(serving.queue_rows),
        },
        batch_size=serving.largest_batch,
        name=record.name,
        replicas=record.replicas,
    )


def _replica(replica: ReplicaView) -> deployment_pb2.DeploymentReplica:
    return deployment_pb2.DeploymentReplica(
        job_id=replica.job_id,
        state=replica.state.value,
        is_ready=replica.is_ready,
        generation=replica.generation,
        node_id=replica.node_id,
        address=replica.address,
        http_address=replica.http_address,
        reason=replica.reason,
        requests=replica.requests,
        latency_ms=replica.latency_ms,
        rows_per_second=replica.rows_per_second,
        queue_rows=replica.queue_rows,
    )


def _uptime_ms(view: DeploymentView, now_ms: int) -> int:
    record = view.record
    if not record.started_at_ms:
        return 0
    return max(0, (record.stopped_at_ms or now_ms) - record.started_at_ms)
