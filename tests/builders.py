"""Data for tests, each with one word: a job, a node, a Hello. What a test does not name is ordinary.

Pure records only; nothing here starts, waits or reads a clock.
"""

from __future__ import annotations

from typing import Any

from central_server.scheduler.events import Now
from central_server.scheduler.jobs import AttemptRecord, JobRecord
from central_server.scheduler.nodes import NodeRecord
from shared.identifiers import AttemptKey
from shared.job_spec import JobSpec, Resources, Retry
from shared.lifecycle import AttemptState, JobState
from shared.node_messages import (
    PROTOCOL_VERSION,
    AttemptEnded,
    Device,
    DeviceKind,
    HeldAttempt,
    Hello,
    NodeDescription,
    Outcome,
)

MIB = 2**20
GIB = 2**30
A_MODEL = '{"layers":[{"type":"dense","units":10}]}'
WALL_CLOCK_START_MS = 1_700_000_000_000


def a_moment(seconds: float = 0.0) -> Now:
    """Return a moment whose two clocks go together."""
    return Now(seconds, WALL_CLOCK_START_MS + round(seconds * 1000))


def a_spec(
    *,
    device: str = "any",
    memory_bytes: int | None = 64 * MIB,
    max_failures: int = 0,
    max_losses: int = 20,
    **fields: Any,
) -> JobSpec:
    """Return a spec of a small job on the built-in digits."""
    resources = {"device": device, "memory_bytes": memory_bytes} | fields.pop("resources", {})
    retry = Retry(max_failures=max_failures, max_losses=max_losses)
    values = {
        "model_definition": A_MODEL,
        "dataset": "builtin://digits",
        "resources": Resources.model_validate(resources),
        "retry": retry,
    }
    return JobSpec.model_validate(values | fields)


def an_attempt(number: int = 1, *, node_id: str = "a", state: AttemptState = AttemptState.RUNNING) -> AttemptRecord:
    """Return an attempt on the CPU of a node."""
    return AttemptRecord(
        number=number,
        node_id=node_id,
        device_ids=("cpu:0",),
        memory_bytes=64 * MIB,
        state=state,
        offered_at_ms=WALL_CLOCK_START_MS,
    )


def a_job(job_id: str = "job", **fields: Any) -> JobRecord:
    """Return a queued job; `attempts` with a live last one makes it a running job."""
    spec = fields.pop("spec", None) or a_spec()
    attempts: tuple[AttemptRecord, ...] = fields.pop("attempts", ())
    state = JobState.RUNNING if attempts else JobState.QUEUED
    record: dict[str, Any] = {
        "job_id": job_id,
        "sequence": 1,
        "spec": spec,
        "content_digest": f"digest of {job_id}",
        "state": state,
        "submitted_at_ms": WALL_CLOCK_START_MS,
        "attempts": attempts,
    }
    return JobRecord(**(record | fields))


def a_device(kind: DeviceKind = DeviceKind.CPU, index: int = 0, *, memory_bytes: int = 4 * GIB) -> Device:
    """Return one device."""
    return Device(
        device_id=f"{kind}:{index}",
        kind=kind,
        name=f"a {kind} device",
        memory_total_bytes=memory_bytes,
        memory_available_bytes=memory_bytes,
        compute_units=4,
    )


def a_description(
    *,
    gpus: int = 0,
    slots: int = 2,
    memory_bytes: int = 4 * GIB,
    is_ready: bool = True,
    fingerprint: str = "one",
    serving_address: str = "",
) -> NodeDescription:
    """Return what a node with a CPU and some GPUs says of itself; every device can promise `memory_bytes`."""
    kinds = [(DeviceKind.CPU, 0), *((DeviceKind.CUDA, index) for index in range(gpus))]
    devices = tuple(a_device(kind, index, memory_bytes=memory_bytes) for kind, index in kinds)
    return NodeDescription(
        devices=devices,
        cpu_cores=4,
        ram_total_bytes=8 * GIB,
        ram_available_bytes=6 * GIB,
        slots=slots,
        is_ready=is_ready,
        software_version="0.1.0",
        fingerprint=fingerprint,
        capacity_bytes={device.device_id: memory_bytes for device in devices},
        serving_address=serving_address,
    )


def a_node(node_id: str = "a", *, session_id: str = "session", gpus: int = 0, **fields: Any) -> NodeRecord:
    """Return a connected node; other fields go to its description."""
    return NodeRecord(node_id, node_id, a_description(gpus=gpus, **fields), session_id=session_id, process_id="one")


def a_hello(
    node_id: str = "a",
    *,
    held: tuple[HeldAttempt, ...] = (),
    process_id: str = "one",
    protocol_version: int = PROTOCOL_VERSION,
    **fields: Any,
) -> Hello:
    """Return the first message of a node; other fields go to its description."""
    return Hello(
        node_id=node_id,
        name=node_id,
        protocol_version=protocol_version,
        process_id=process_id,
        description=a_description(**fields),
        held=held,
    )


def an_end(key: AttemptKey, outcome: Outcome = Outcome.SUCCEEDED, **fields: Any) -> AttemptEnded:
    """Return a node's last word about an attempt."""
    return AttemptEnded(key, outcome, **fields)
