"""The only place where time is read: monotonic seconds for decisions, wall-clock milliseconds for people."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Gives the two kinds of time; tests pass one that they move by hand."""

    def monotonic_seconds(self) -> float:
        """Return seconds since some fixed moment; never goes back, means nothing to a person."""
        ...

    def unix_ms(self) -> int:
        """Return milliseconds since 1970; may jump, only for display."""
        ...


class SystemClock:
    """The machine's own clock."""

    def monotonic_seconds(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    def unix_ms(self) -> int:
        """Return the machine's wall clock in milliseconds."""
        return time.time_ns() // 1_000_000
