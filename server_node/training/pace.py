"""How many steps the next chunk gets, so that it takes about the wished time under the load there is now."""

from __future__ import annotations

LARGEST_GROWTH = 8
"""A chunk is never more than so many times the one before: the first call of a program says little about the rest."""


class Pace:
    """The step time as last seen; the first chunk is a single step, so that a first loss comes at once."""

    def __init__(self, chunk_seconds: float) -> None:
        """Begin without any measurement.

        Args:
            chunk_seconds: how long a chunk should take.
        """
        self._chunk_seconds = chunk_seconds
        self._steps = 1

    def steps(self, most: int) -> int:
        """Give the next chunk's steps, at most `most` and at least one."""
        return max(1, min(self._steps, most))

    def record(self, steps: int, seconds: float) -> None:
        """Learn from a chunk that took `seconds`.

        One cut to less than half by a boundary may only raise the pace: its fixed costs say too much.
        """
        wished = int(self._chunk_seconds / max(seconds / steps, 1e-9))
        next_steps = max(1, min(wished, steps * LARGEST_GROWTH))
        if steps * 2 >= self._steps or next_steps > self._steps:
            self._steps = next_steps
