"""Who waits for whom, the other way round, kept in step with the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Dependents:
    """Jobs by the job they wait for."""

    _waiting: dict[str, dict[str, None]] = field(default_factory=dict)
    _waits_for: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def put(self, job_id: str, waits_for: Sequence[str]) -> None:
        """Have `job_id` wait for these and for no others."""
        for name in self._waits_for.pop(job_id, ()):
            waiting = self._waiting[name]
            del waiting[job_id]
            if not waiting:
                del self._waiting[name]
        if waits_for:
            self._waits_for[job_id] = tuple(waits_for)
        for name in waits_for:
            self._waiting.setdefault(name, {})[job_id] = None

    def of(self, job_id: str) -> tuple[str, ...]:
        """Return the jobs that wait for `job_id`, in the order in which they began to."""
        return tuple(self._waiting.get(job_id, ()))
