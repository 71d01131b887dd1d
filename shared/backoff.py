"""How long to wait before trying again: doubling, with full jitter, up to a cap.

It is pure: the caller brings the random number.

Full jitter is from "Exponential Backoff And Jitter" (M. Brooker, AWS Architecture Blog, 2015): it spreads callers
that were cut off together better than a fixed share of randomness does.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """A schedule of waits.

    Attributes:
        first_seconds: the longest wait before the second try.
        cap_seconds: no wait is longer than this.
        floor_seconds: no wait is shorter than this, so that a cut is never answered by a busy loop.
    """

    first_seconds: float = 0.2
    cap_seconds: float = 5.0
    floor_seconds: float = 0.05

    def wait_seconds(self, failures: int, uniform: float) -> float:
        """Return how long to wait after `failures` failures in a row; `uniform` is drawn from [0, 1)."""
        ceiling = min(self.cap_seconds, self.first_seconds * 2.0 ** min(failures - 1, 30))
        return max(self.floor_seconds, ceiling * uniform)
