"""The ledger: which attempt holds how much memory on which devices of which node.

An attempt is in it from its offer until its end, also while it is being stopped: a device that is still busy is not
free. The ledger counts; it refuses nothing (`placement` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.identifiers import AttemptKey


@dataclass(frozen=True, slots=True)
class Promise:
    """Memory promised to one attempt, on each of its devices; `is_whole` when it shares them with nobody."""

    device_ids: tuple[str, ...]
    memory_bytes: int
    is_stopping: bool
    is_whole: bool = False


@dataclass(slots=True)
class Promises:
    """All promises, by node."""

    _by_node: dict[str, dict[AttemptKey, Promise]] = field(default_factory=dict)

    def of_node(self, node_id: str) -> Mapping[AttemptKey, Promise]:
        """Return the promises of one node in the order in which they were made."""
        return self._by_node.get(node_id, {})

    def put(self, node_id: str, key: AttemptKey, promise: Promise) -> bool:
        """Make or correct a promise; tell whether anything changed."""
        held = self._by_node.setdefault(node_id, {})
        if held.get(key) == promise:
            return False
        held[key] = promise
        return True

    def remove(self, node_id: str, key: AttemptKey) -> bool:
        """Take a promise back; tell whether there was one."""
        held = self._by_node.get(node_id, {})
        if key not in held:
            return False
        del held[key]
        if not held:
            del self._by_node[node_id]
        return True

    def bytes_by_device(self, node_id: str) -> dict[str, int]:
        """Return the bytes promised on each device of a node that has any promise."""
        total: dict[str, int] = {}
        for promise in self.of_node(node_id).values():
            for device_id in promise.device_ids:
                total[device_id] = total.get(device_id, 0) + promise.memory_bytes
        return total
