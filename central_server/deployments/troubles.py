"""What went wrong lately with a deployment's replicas, and when the next one may be tried. It is not stored."""

from __future__ import annotations

from dataclasses import dataclass

from shared.backoff import Backoff

_WAITS = Backoff(first_seconds=1.0, cap_seconds=60.0, floor_seconds=1.0)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Failures in a row, the sentence of the last one, and the monotonic second before which nothing is tried."""

    failures: int
    sentence: str
    until_seconds: float


class Troubles:
    """By deployment."""

    def __init__(self) -> None:
        self._troubles: dict[str, Trouble] = {}

    def failed(self, deployment_id: str, sentence: str, now_seconds: float) -> None:
        """Wait longer before the next try than before this one."""
        before = self._troubles.get(deployment_id)
        failures = before.failures + 1 if before else 1
        until = now_seconds + _WAITS.wait_seconds(failures, 1.0)
        self._troubles[deployment_id] = Trouble(failures, sentence, until)

    def are_over(self, deployment_id: str) -> None:
        """Forget them."""
        self._troubles.pop(deployment_id, None)

    def must_wait(self, deployment_id: str, now_seconds: float) -> bool:
        """Tell whether it is too early for another try."""
        trouble = self._troubles.get(deployment_id)
        return trouble is not None and now_seconds < trouble.until_seconds

    def sentence(self, deployment_id: str) -> str:
        """Return what went wrong last; empty for nothing."""
        trouble = self._troubles.get(deployment_id)
        return trouble.sentence if trouble else ""
