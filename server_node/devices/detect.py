"""The hardware detector: every CPU and GPU of this machine, as the driver sees it and as JAX can use it.

It never fails for lack of hardware: a node without a GPU is a good node, and a broken driver is one without a GPU.
"""

from __future__ import annotations

from collections.abc import Iterable

from server_node.devices.cpu import CPU_DEVICE_ID, detect_cpu, usable_cores
from server_node.devices.gpus import detect_gpus
from server_node.devices.memory import capacity_bytes, ram_available_bytes, ram_total_bytes
from server_node.jax_device import JaxDevice
from shared.node_messages import Device, DeviceKind, NodeDescription


def detect_devices() -> tuple[Device, ...]:
    """Return the CPU and every GPU, without loading JAX."""
    return (detect_cpu(), *detect_gpus())


def merged_with_jax(devices: Iterable[Device], seen: Iterable[JaxDevice]) -> tuple[Device, ...]:
    """Return the devices, with those added that JAX sees and nobody else described."""
    known = tuple(devices)
    ids = {device.device_id for device in known}
    return (*known, *(_from_jax(device) for device in seen if device.device_id not in ids))


def cold_description(*, slots: int, software_version: str) -> NodeDescription:
    """Return what is known before JAX has loaded: nothing can be promised yet."""
    return NodeDescription(
        devices=detect_devices(),
        cpu_cores=usable_cores(),
        ram_total_bytes=ram_total_bytes(),
        ram_available_bytes=ram_available_bytes(),
        slots=slots,
        is_ready=False,
        software_version=software_version,
        fingerprint="",
        capacity_bytes={},
    )


def ready_description(
    seen: Iterable[JaxDevice],
    *,
    slots: int,
    software_version: str,
    fingerprint: str,
    allows_user_code: bool = False,
) -> NodeDescription:
    """Return what is known once JAX has loaded, measured anew."""
    usable = tuple(seen)
    devices = merged_with_jax(detect_devices(), usable)
    return NodeDescription(
        devices=devices,
        cpu_cores=usable_cores(),
        ram_total_bytes=ram_total_bytes(),
        ram_available_bytes=ram_available_bytes(),
        slots=slots,
        is_ready=True,
        software_version=software_version,
        fingerprint=fingerprint,
        capacity_bytes=capacity_bytes(devices, usable=[device.device_id for device in usable]),
        allows_user_code=allows_user_code,
    )


def _from_jax(device: JaxDevice) -> Device:
    kind = DeviceKind.CPU if device.device_id == CPU_DEVICE_ID else DeviceKind.CUDA
    return Device(
        device_id=device.device_id,
        kind=kind,
        name=device.name,
        memory_total_bytes=device.memory_bytes,
        memory_available_bytes=device.memory_bytes,
        compute_units=0,
    )
