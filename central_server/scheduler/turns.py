"""Claimants kept in the order of their turns; whose turn has changed is put in its new place, nobody else is touched.

Pure bookkeeping: what a turn is made of is `order`'s matter.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from central_server.scheduler.queue import Claimant


class Turn(NamedTuple):
    """A claimant's place in the order; smaller is sooner.

    Attributes:
        minus_level: priority, and what was added to it by waiting, negated.
        weight: the user's recent use.
        sequence: the place of its first job in first-come order.
        claimant: whose.
    """

    minus_level: int
    weight: float
    sequence: int
    claimant: Claimant


@dataclass(slots=True)
class Turns:
    """Everybody who may be given something now.

    Attributes:
        changed: claimants whose turn is to be worked out anew.
    """

    changed: set[Claimant] = field(default_factory=set)
    _as_of_seconds: dict[Claimant, float] = field(default_factory=dict)
    _sorted: list[Turn] = field(default_factory=list)
    _of: dict[Claimant, Turn] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Turn]:
        """Yield turns, the soonest first; nothing may be put meanwhile."""
        return iter(self._sorted)

    def older_than(self, seconds: float, most: int) -> list[Claimant]:
        """Return claimants whose turns were worked out before this moment, the oldest first."""
        oldest = itertools.islice(self._as_of_seconds.items(), most)
        return [claimant for claimant, as_of in oldest if as_of < seconds]

    def put(self, claimant: Claimant, turn: Turn | None, now_seconds: float) -> None:
        """Have the claimant stand there; None for nowhere."""
        self._as_of_seconds.pop(claimant, None)
        before = self._of.pop(claimant, None)
        if before is not None:
            del self._sorted[bisect_left(self._sorted, before)]
        if turn is not None:
            self._of[claimant] = turn
            self._as_of_seconds[claimant] = now_seconds
            insort(self._sorted, turn)
