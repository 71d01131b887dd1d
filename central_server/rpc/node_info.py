"""From what people see of a node to the public message `NodeInfo`. It converts; it never decides."""

from __future__ import annotations

import re

from central_server.scheduler.nodes import NodeState
from central_server.views import NodeView
from shared.node_description_wire import device_to_proto
from shared.pb import common_pb2, node_pb2

FORMATS = ("safetensors",)
RUNTIMES = ("jax",)
_SECONDS_PER_HOUR = 3600
_VERSION = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")


def node_info(view: NodeView) -> node_pb2.NodeInfo:
    """Return the public message of one node; what is not measured is left unset."""
    record, description = view.record, view.record.description
    return node_pb2.NodeInfo(
        node_id=record.node_id,
        name=record.name,
        version=version_message(description.software_version),
        devices=[
            device_to_proto(device, promised_bytes=view.promised_bytes.get(device.device_id, 0))
            for device in description.devices
        ],
        cpu_cores=description.cpu_cores,
        ram_total=description.ram_total_bytes,
        ram_available=description.ram_available_bytes,
        compute_score=float(sum(device.compute_units for device in description.devices)),
        total_jobs_completed=record.jobs_completed,
        total_compute_hours=record.compute_seconds / _SECONDS_PER_HOUR,
        is_online=record.state is not NodeState.OFFLINE,
        last_heartbeat=record.last_seen_ms // 1000,
        supported_formats=FORMATS,
        available_runtimes=RUNTIMES,
        state=record.state.value,
        last_seen_ms=record.last_seen_ms,
        attempts=[
            node_pb2.RunningAttempt(
                job_id=running.job_id,
                attempt=running.attempt.number,
                state=running.attempt.state.value,
                memory_promised=running.attempt.memory_bytes,
            )
            for running in view.attempts
        ],
        slots=description.slots,
        supports_terminal_access=bool(description.terminal_address),
        terminal_address=description.terminal_address,
    )


def version_message(text: str) -> common_pb2.Version:
    """Return the numbers at the front of a version; all 0 when there are none."""
    match = _VERSION.match(text)
    numbers = [int(part or 0) for part in match.groups()] if match else [0, 0, 0, 0]
    return common_pb2.Version(major=numbers[0], minor=numbers[1], patch=numbers[2], build=numbers[3])
