"""How much of each device's memory is spoken for, and whether one more account fits. It measures nothing.

An attempt first holds what the server promised it, then what its compiled program says it needs, until its thread is
gone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import OutOfMemory
from shared.identifiers import AttemptKey


@dataclass(frozen=True, slots=True)
class _Claim:
    device_id: str
    memory_bytes: int


class MemoryLedger:
    """Thread-safe. Capacities are bytes by device id; a device that is not named holds nothing."""

    def __init__(self, capacity_bytes: Mapping[str, int]) -> None:
        self._lock = threading.Lock()
        self._capacity_bytes = dict(capacity_bytes)
        self._claims: dict[AttemptKey, _Claim] = {}

    def set_capacity(self, capacity_bytes: Mapping[str, int]) -> None:
        """Replace the capacities; claims that stand keep standing."""
        with self._lock:
            self._capacity_bytes = dict(capacity_bytes)

    def reserve(self, key: AttemptKey, device_id: str, promised_bytes: int) -> None:
        """Hold what the server promised; it has counted, so this is never refused."""
        with self._lock:
            self._claims[key] = _Claim(device_id, promised_bytes)

    def claim(self, key: AttemptKey, memory_bytes: int) -> None:
        """Replace a reservation by the compiled account.

        Raises:
            OutOfMemory: it does not fit beside the others; the reservation stays as it was.
        """
        with self._lock:
            device_id = self._claims[key].device_id
            capacity = self._capacity_bytes.get(device_id, 0)
            others = sum(c.memory_bytes for k, c in self._claims.items() if k != key and c.device_id == device_id)
            if others + memory_bytes > capacity:
                raise OutOfMemory(
                    f"the compiled program needs {memory_bytes} bytes on {device_id}; {max(0, capacity - others)} of "
                    f"{capacity} bytes are free there"
                )
            self._claims[key] = _Claim(device_id, memory_bytes)

    def release(self, key: AttemptKey) -> None:
        """Give back whatever `key` holds."""
        with self._lock:
            self._claims.pop(key, None)
