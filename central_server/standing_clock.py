"""A clock that can be held: while the server could not work, the leases it gave out stand still.

A node stops by itself before the server's deadline, so a deadline that moves later is always safe.
"""

from __future__ import annotations

from central_server.scheduler.events import Now
from shared.clock import Clock


class StandingClock:
    """Wall-clock time as it is, monotonic time less the moments it was held for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held_seconds = 0.0

    def now(self) -> Now:
        """Return the moment at which the core is to handle something."""
        return Now(seconds=self._clock.monotonic_seconds() - self._held_seconds, unix_ms=self._clock.unix_ms())

    def hold(self, seconds: float) -> None:
        """Take `seconds` that have just passed out of monotonic time."""
        self._held_seconds += seconds
