"""What a job's spec says to the scheduler, in the scheduler's own units. The only place that reads those fields."""

from __future__ import annotations

from typing import assert_never

from shared.job_spec import JobSpec
from shared.node_messages import DeviceKind
from shared.user_model import runs_user_code

_PRIORITY_RANKS = {"low": 0, "normal": 1, "high": 2, "critical": 3}


def priority_rank_of(spec: JobSpec) -> int:
    """Return the priority as a number; more is sooner."""
    return _PRIORITY_RANKS[spec.priority]


def weight_of(spec: JobSpec) -> int:
    """Return the job's share of a device that others hold too, beside theirs: twice for each step of priority."""
    return 1 << priority_rank_of(spec)


def dataset_of(spec: JobSpec) -> str:
    """Return the URI of the data."""
    return spec.dataset


def device_kind_of(spec: JobSpec) -> DeviceKind | None:
    """Return the kind of device the job insists on, None when any will do."""
    match spec.resources.device:
        case "any":
            return None
        case "cpu":
            return DeviceKind.CPU
        case "cuda":
            return DeviceKind.CUDA
        case other:
            assert_never(other)


def has_user_code(spec: JobSpec) -> bool:
    """Tell whether the model is one that its user wrote in Python."""
    return runs_user_code(spec.model_definition)


def declared_bytes_of(spec: JobSpec) -> int:
    """Return the memory the job declares, 0 when it does not."""
    return spec.resources.memory_bytes or 0


def wait_seconds_allowed(spec: JobSpec) -> float | None:
    """Return how long the job may wait for its first attempt; None when there is no limit."""
    return spec.wait_timeout_seconds


def run_seconds_allowed(spec: JobSpec) -> float | None:
    """Return how long the job may run, all attempts together; None when there is no limit."""
    return spec.timeout_seconds


def is_replica(spec: JobSpec) -> bool:
    """Tell whether the job is a replica of a deployment, which callers have to reach."""
    return spec.serving is not None


def is_whole_device_wanted(spec: JobSpec) -> bool:
    """Tell whether the job is to share its device with nobody."""
    return spec.resources.whole_device
