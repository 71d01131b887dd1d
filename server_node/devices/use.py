"""How much of each device is in use now, by this process and every other. It measures and decides nothing."""

from __future__ import annotations

import logging
from typing import Any

import psutil
import pynvml

from server_node.devices.cpu import CPU_DEVICE_ID
from server_node.devices.gpus import visible_handles
from server_node.devices.memory import ram_available_bytes, ram_total_bytes
from server_node.telemetry_records import DeviceUse

_LOG = logging.getLogger(__name__)


class DeviceSampler:
    """Measures again and again; between two calls of `measure` lies the time that the CPU's share is of.

    Its methods may be called from any thread, one at a time.
    """

    def __init__(self) -> None:
        psutil.cpu_percent(interval=None)  # the first call only begins to count
        self._handles = _opened_cards()

    def measure(self) -> tuple[DeviceUse, ...]:
        """Return the use of the CPU and of every visible GPU."""
        cards = (_gpu_use(number, handle) for number, handle in enumerate(self._handles))
        return (_cpu_use(), *(use for use in cards if use is not None))

    def close(self) -> None:
        """Let the driver go."""
        if self._handles:
            self._handles = []
            try:
                pynvml.nvmlShutdown()
            except (pynvml.NVMLError, OSError) as failure:
                _LOG.debug("nvml_not_closed why=%s", failure)


def _cpu_use() -> DeviceUse:
    used_bytes = max(0, ram_total_bytes() - ram_available_bytes())
    return DeviceUse(CPU_DEVICE_ID, used_bytes, min(1.0, psutil.cpu_percent(interval=None) / 100))


def _opened_cards() -> list[Any]:
    """The library stays initialised: doing it for each measurement would cost more than measuring."""
    try:
        pynvml.nvmlInit()
    except (pynvml.NVMLError, OSError):
        return []
    try:
        return visible_handles()
    except (pynvml.NVMLError, OSError) as failure:
        _LOG.warning("gpus_cannot_be_measured why=%s", failure)
        return []


def _gpu_use(number: int, handle: Any) -> DeviceUse | None:
    """Return a card's use; None when it does not answer."""
    try:
        used_bytes = int(pynvml.nvmlDeviceGetMemoryInfo(handle).used)
    except (pynvml.NVMLError, OSError):
        return None
    return DeviceUse(f"cuda:{number}", used_bytes, _gpu_utilisation(handle))


def _gpu_utilisation(handle: Any) -> float | None:
    """Return the share of time in which some kernel ran; a part of a divided card does not know it."""
    try:
        return min(1.0, float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100)
    except (pynvml.NVMLError, OSError):
        return None
