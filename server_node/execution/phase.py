"""What an attempt's thread is at, and since when: a device that does not answer is told from a disk that is slow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What the thread waits for."""

    PREPARING = "preparing"
    """Loading and compiling, which nothing can interrupt."""
    COMPUTING = "computing"
    """The device: a chunk of steps, or a copy of the state."""
    WRITING = "writing"
    """The disk: a checkpoint or a result, which takes as long as it takes."""


@dataclass(frozen=True, slots=True)
class PhaseMark:
    """A phase, and the monotonic second it began at."""

    phase: Phase
    since_seconds: float


class PhaseWatch:
    """Kept by the attempt's thread; `mark` may be read from any."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.mark = PhaseMark(Phase.PREPARING, clock())

    def enter(self, phase: Phase) -> None:
        """Begin a phase."""
        self.mark = PhaseMark(phase, self._clock())

    @contextmanager
    def during(self, phase: Phase) -> Iterator[None]:
        """Be in a phase for the length of a `with`, then again in the one before."""
        before = self.mark.phase
        self.enter(phase)
        try:
            yield
        finally:
            self.enter(before)
