"""How much memory this node can promise to attempts. It measures; whether an attempt fits is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from server_node.devices.cgroups import memory_limit_bytes, memory_used_bytes
from shared.node_messages import Device, DeviceKind

MEBIBYTE = 2**20
RESERVE_BYTES = 256 * MEBIBYTE
"""Kept for the process itself beside what it used when it became ready: threads, buffers, growth."""
GPU_RESERVE_BYTES = 512 * MEBIBYTE
"""What the driver's context and libraries take on a card beside JAX's arrays."""


def ram_total_bytes() -> int:
    """Return the least of the machine's RAM and the control group's limit."""
    total = psutil.virtual_memory().total
    limit = memory_limit_bytes()
    return total if limit is None else min(total, limit)


def ram_available_bytes() -> int:
    """Return what may still be taken now, by the machine and by the control group."""
    available = psutil.virtual_memory().available
    limit, used = memory_limit_bytes(), memory_used_bytes()
    return available if limit is None or used is None else max(0, min(available, limit - used))


def process_bytes() -> int:
    """Return what this process occupies of RAM."""
    return int(psutil.Process().memory_info().rss)


def capacity_bytes(devices: Iterable[Device], *, usable: Iterable[str]) -> dict[str, int]:
    """Return what can be promised on each device that JAX can use; others are shown but promise nothing."""
    names = set(usable)
    return {device.device_id: _capacity(device) for device in devices if device.device_id in names}


def _capacity(device: Device) -> int:
    if device.kind is DeviceKind.CPU:
        return max(0, device.memory_total_bytes - process_bytes() - RESERVE_BYTES)
    return max(0, device.memory_available_bytes - GPU_RESERVE_BYTES)
