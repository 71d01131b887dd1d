"""The GPUs as NVIDIA's management library describes them. A machine without a card or with a broken driver has none.

Numbers follow CUDA's own order by PCI address, over the cards that `CUDA_VISIBLE_DEVICES` leaves.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pynvml

from shared.log_lines import log_event
from shared.node_messages import Device, DeviceKind

_LOG = logging.getLogger(__name__)
_Value = TypeVar("_Value")


def detect_gpus() -> list[Device]:
    """Return every visible GPU; empty when there is none that can be asked."""
    try:
        pynvml.nvmlInit()
    except (pynvml.NVMLError, OSError) as failure:
        _LOG.debug("no_gpus why=%s", failure)
        return []
    try:
        return _visible_gpus()
    except (pynvml.NVMLError, OSError) as failure:
        log_event(_LOG, "gpu_detection_failed", is_warning=True, why=failure)
        return []
    finally:
        _asked(pynvml.nvmlShutdown, None)


def visible_positions(uuids: Sequence[str], visible: str | None) -> list[int]:
    """Return which cards CUDA shows, in its order; like CUDA, stop at the first name that fits no card."""
    if visible is None:
        return list(range(len(uuids)))
    positions: list[int] = []
    for word in (part.strip() for part in visible.split(",")):
        found = _position(word, uuids)
        if found is None:
            break
        positions.append(found)
    return positions


def _position(word: str, uuids: Sequence[str]) -> int | None:
    if word.isdigit():
        return int(word) if int(word) < len(uuids) else None
    matches = [position for position, uuid in enumerate(uuids) if word and uuid.startswith(word)]
    return matches[0] if len(matches) == 1 else None


def visible_handles() -> list[Any]:
    """Return the library's handles of the visible cards, in CUDA's order; it must be initialised.

    Raises:
        pynvml.NVMLError: the driver cannot be asked.
    """
    return [handle for handle, _ in _visible()]


def _visible_gpus() -> list[Device]:
    return [_gpu(number, handle, uuid) for number, (handle, uuid) in enumerate(_visible())]


def _visible() -> list[tuple[Any, str]]:
    handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    handles.sort(key=lambda handle: _asked(lambda: str(pynvml.nvmlDeviceGetPciInfo(handle).busId), ""))
    uuids = [_uuid(handle) for handle in handles]
    positions = visible_positions(uuids, os.environ.get("CUDA_VISIBLE_DEVICES"))
    return [(handles[position], uuids[position]) for position in positions]


def _uuid(handle: Any) -> str:
    return _asked(lambda: str(pynvml.nvmlDeviceGetUUID(handle)), "")


def _gpu(number: int, handle: Any, uuid: str) -> Device:
    memory = _asked(lambda: pynvml.nvmlDeviceGetMemoryInfo(handle), None)
    major, minor = _asked(lambda: pynvml.nvmlDeviceGetCudaComputeCapability(handle), (0, 0))
    return Device(
        device_id=f"cuda:{number}",
        kind=DeviceKind.CUDA,
        name=_asked(lambda: str(pynvml.nvmlDeviceGetName(handle)), "NVIDIA GPU"),
        memory_total_bytes=int(memory.total) if memory else 0,
        memory_available_bytes=int(memory.free) if memory else 0,
        compute_units=_asked(lambda: int(pynvml.nvmlDeviceGetNumGpuCores(handle)) // 128, 0),
        uuid=uuid,
        driver_version=_asked(lambda: str(pynvml.nvmlSystemGetDriverVersion()), ""),
        cuda_version=_cuda_version(),
        pcie_generation=_asked(lambda: int(pynvml.nvmlDeviceGetMaxPcieLinkGeneration(handle)), 0),
        pcie_lanes=_asked(lambda: int(pynvml.nvmlDeviceGetMaxPcieLinkWidth(handle)), 0),
        compute_capability=major + minor / 10,
    )


def _cuda_version() -> str:
    number = _asked(lambda: int(pynvml.nvmlSystemGetCudaDriverVersion_v2()), 0)
    return f"{number // 1000}.{number % 1000 // 10}" if number else ""


def _asked(question: Callable[[], _Value], otherwise: _Value) -> _Value:
    """Return the answer, or `otherwise` where this card or driver does not know."""
    try:
        return question()
    except (pynvml.NVMLError, OSError, AttributeError):
        return otherwise
