"""How many live jobs each user has in each state, kept in step with the records one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from shared.lifecycle import JobState


@dataclass(slots=True)
class Tallies:
    """Counts by user and state."""

    _states: dict[str, tuple[str, JobState]] = field(default_factory=dict)
    _counts: Counter[tuple[str, JobState]] = field(default_factory=Counter)

    def put(self, job_id: str, user_id: str, state: JobState) -> None:
        """Count the job where it is now."""
        self.remove(job_id)
        self._states[job_id] = (user_id, state)
        self._counts[user_id, state] += 1

    def remove(self, job_id: str) -> None:
        """Count the job no more; unknown ones too."""
        if (counted := self._states.pop(job_id, None)) is not None:
            self._counts[counted] -= 1
            if not self._counts[counted]:
                del self._counts[counted]

    def count(self, user_id: str, state: JobState) -> int:
        """Return how many live jobs of the user are in this state."""
        return self._counts[user_id, state]
