"""The CPU as a device: its model, the cores this process may use, and its memory."""

from __future__ import annotations

import math
import os
import platform
from pathlib import Path

from server_node.devices.cgroups import cpu_limit
from server_node.devices.memory import ram_available_bytes, ram_total_bytes
from shared.node_messages import Device, DeviceKind

CPU_DEVICE_ID = "cpu:0"
_CPU_INFORMATION = Path("/proc/cpuinfo")
_MODEL_FIELDS = ("model name", "Model", "Hardware", "cpu model")


def usable_cores() -> int:
    """Return the cores by affinity, but no more than the control group's share of CPU time."""
    cores = len(os.sched_getaffinity(0))
    limit = cpu_limit()
    return cores if limit is None else max(1, min(cores, math.ceil(limit)))


def detect_cpu() -> Device:
    """Return the CPU; its one device stands for all its cores."""
    return Device(
        device_id=CPU_DEVICE_ID,
        kind=DeviceKind.CPU,
        name=cpu_model(),
        memory_total_bytes=ram_total_bytes(),
        memory_available_bytes=ram_available_bytes(),
        compute_units=usable_cores(),
    )


def cpu_model(information: Path = _CPU_INFORMATION) -> str:
    """Return the CPU's name as its maker writes it, or the architecture's where none is given."""
    try:
        lines = information.read_text().splitlines()
    except OSError:
        lines = []
    fields = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    named = {name.strip(): value.strip() for name, value in fields.items()}
    found = (named[field] for field in _MODEL_FIELDS if named.get(field))
    return next(found, platform.machine() or "CPU")
