"""What a node is, between `link.proto` and our records. It converts and checks; it never decides.

A value the protocol forbids is the peer's fault and raises `PeerFault`.
"""

from __future__ import annotations

import math
from types import MappingProxyType

from shared.errors import PeerFault
from shared.node_messages import Device, DeviceKind, NodeDescription
from shared.pb import common_pb2, link_pb2

MAX_DEVICES = 1024
"""More devices than any machine has; a longer list is no description of a node."""
MAX_TEXT = 256
"""Characters of a name that are kept; everybody who lists nodes is sent them."""
MAX_FINGERPRINT = 8192

_KIND_OF_TYPE = MappingProxyType({common_pb2.DEVICE_CPU: DeviceKind.CPU, common_pb2.DEVICE_CUDA: DeviceKind.CUDA})
_TYPE_OF_KIND = MappingProxyType({kind: type_ for type_, kind in _KIND_OF_TYPE.items()})


def description_to_proto(description: NodeDescription) -> link_pb2.NodeDescription:
    """Return the message that says what `description` says."""
    return link_pb2.NodeDescription(
        devices=[device_to_proto(device) for device in description.devices],
        cpu_cores=description.cpu_cores,
        ram_total=description.ram_total_bytes,
        ram_available=description.ram_available_bytes,
        slots=description.slots,
        is_ready=description.is_ready,
        software_version=description.software_version,
        fingerprint=description.fingerprint,
        capacity_bytes=dict(description.capacity_bytes),
        allows_user_code=description.allows_user_code,
        serving_address=description.serving_address,
        serving_http_address=description.serving_http_address,
        terminal_address=description.terminal_address,
    )


def description_from_proto(message: link_pb2.NodeDescription) -> NodeDescription:
    """Return the record of a node's description.

    Raises:
        PeerFault: a device is unknown, named twice or missing from the capacities, or a number is out of range.
    """
    devices = tuple(device_from_proto(device) for device in message.devices)
    _check_devices(devices)
    known = {device.device_id for device in devices}
    unknown = sorted(set(message.capacity_bytes) - known)
    if unknown:
        raise PeerFault(f"capacity_bytes names devices that were not described: {unknown[:3]}")
    return NodeDescription(
        devices=devices,
        cpu_cores=at_least(0, message.cpu_cores, "cpu_cores"),
        ram_total_bytes=at_least(0, message.ram_total, "ram_total"),
        ram_available_bytes=at_least(0, message.ram_available, "ram_available"),
        slots=at_least(0, message.slots, "slots"),
        is_ready=message.is_ready,
        software_version=short_text(message.software_version),
        fingerprint=short_text(message.fingerprint, MAX_FINGERPRINT),
        capacity_bytes={
            name: at_least(0, bytes_, f"capacity_bytes[{name}]")
            for name, bytes_ in sorted(message.capacity_bytes.items())
        },
        allows_user_code=message.allows_user_code,
        serving_address=short_text(message.serving_address),
        serving_http_address=short_text(message.serving_http_address),
        terminal_address=short_text(message.terminal_address),
    )


def device_to_proto(device: Device, *, promised_bytes: int = 0) -> common_pb2.DeviceCaps:
    """Return the public message of one device, with the memory promised to attempts on it."""
    is_gpu = device.kind is DeviceKind.CUDA
    return common_pb2.DeviceCaps(
        device_type=_TYPE_OF_KIND[device.kind],
        device_name=device.name,
        memory_total=device.memory_total_bytes,
        memory_available=device.memory_available_bytes,
        compute_units=device.compute_units,
        supports_fp64=device.supports_fp64,
        supports_fp16=device.supports_fp16,
        gpu_model=device.name if is_gpu else "",
        vram_total=device.memory_total_bytes if is_gpu else 0,
        vram_available=device.memory_available_bytes if is_gpu else 0,
        driver_version=device.driver_version,
        cuda_version=device.cuda_version,
        pcie_generation=device.pcie_generation,
        pcie_lanes=device.pcie_lanes,
        compute_capability=device.compute_capability,
        device_id=device.device_id,
        memory_promised=promised_bytes,
        uuid=device.uuid,
    )


def device_from_proto(message: common_pb2.DeviceCaps) -> Device:
    """Return the record of one device.

    Raises:
        PeerFault: its type is none that runs jobs, it has no id, or a number is out of range.
    """
    kind = _KIND_OF_TYPE.get(message.device_type)
    if kind is None:
        raise PeerFault(f"device_type must be DEVICE_CPU or DEVICE_CUDA, got {message.device_type}")
    if not 0 < len(message.device_id) <= MAX_TEXT:
        raise PeerFault(f"every device needs a device_id such as 'cpu:0', got {message.device_id[:40]!r}")
    if not math.isfinite(message.compute_capability):
        raise PeerFault(f"compute_capability must be a number, got {message.compute_capability}")
    return Device(
        device_id=message.device_id,
        kind=kind,
        name=short_text(message.device_name),
        memory_total_bytes=at_least(0, message.memory_total, "memory_total"),
        memory_available_bytes=at_least(0, message.memory_available, "memory_available"),
        compute_units=at_least(0, message.compute_units, "compute_units"),
        supports_fp64=message.supports_fp64,
        supports_fp16=message.supports_fp16,
        uuid=short_text(message.uuid),
        driver_version=short_text(message.driver_version),
        cuda_version=short_text(message.cuda_version),
        pcie_generation=message.pcie_generation,
        pcie_lanes=message.pcie_lanes,
        compute_capability=message.compute_capability,
    )


def short_text(value: str, longest: int = MAX_TEXT) -> str:
    """Return what is kept of a text that only people read: so many characters, and no NUL, which databases refuse."""
    return value[:longest].replace("\x00", "\N{REPLACEMENT CHARACTER}")


def at_least(minimum: int, value: int, name: str) -> int:
    """Return `value`.

    Raises:
        PeerFault: it is below `minimum`.
    """
    if value < minimum:
        raise PeerFault(f"{name} must be >= {minimum}, got {value}")
    return value


def _check_devices(devices: tuple[Device, ...]) -> None:
    if len(devices) > MAX_DEVICES:
        raise PeerFault(f"a node has at most {MAX_DEVICES} devices, got {len(devices)}")
    names = [device.device_id for device in devices]
    if len(set(names)) != len(names):
        raise PeerFault(f"device ids must differ, got {sorted(names)[:8]}")
