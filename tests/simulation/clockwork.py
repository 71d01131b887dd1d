"""Virtual time: what is to happen is a heap, and time goes from one happening to the next without anybody waiting."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

Action = Callable[[], None]


class Clockwork:
    """The one clock of a simulated world.

    Attributes:
        seconds: monotonic time since the beginning.
        after_each: called after every happening.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.after_each: Action = lambda: None
        self._numbers = itertools.count()
        self._agenda: list[tuple[float, int, Action]] = []

    def after(self, seconds: float, action: Action) -> None:
        """Have something happen so many seconds from now; of two at one moment the first asked comes first."""
        heapq.heappush(self._agenda, (self.seconds + max(0.0, seconds), next(self._numbers), action))

    def run(self, until_seconds: float, is_over: Callable[[], bool] = lambda: False) -> None:
        """Let time pass to a moment, or until `is_over`."""
        while self._agenda and self._agenda[0][0] <= until_seconds and not is_over():
            self.seconds, _, action = heapq.heappop(self._agenda)
            action()
            self.after_each()
        if not is_over():
            self.seconds = max(self.seconds, until_seconds)
