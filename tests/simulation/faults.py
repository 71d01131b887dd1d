"""What goes wrong in a simulated world, and what people do there, drawn from a seed as a list that can be shortened."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

NODES = ("a", "b", "c")
FAULTY_SECONDS = 120.0

FaultKind = Literal[
    "cut",
    "hush_up",
    "hush_down",
    "hush_both",
    "slow",
    "kill_node",
    "freeze_node",
    "kill_server",
    "break_store",
    "step_wall_clock",
    "submit",
    "cancel",
    "pause",
    "resume",
    "delete",
    "drain",
    "undrain",
]

_WEIGHTS: dict[FaultKind, int] = {
    "cut": 6,
    "hush_up": 2,
    "hush_down": 2,
    "hush_both": 3,
    "slow": 2,
    "kill_node": 5,
    "freeze_node": 4,
    "kill_server": 4,
    "break_store": 3,
    "step_wall_clock": 2,
    "submit": 14,
    "cancel": 4,
    "pause": 3,
    "resume": 3,
    "delete": 2,
    "drain": 2,
    "undrain": 2,
}


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """One thing that goes wrong or is asked for.

    Attributes:
        at_seconds: when.
        kind: what.
        whom: a node, or a job by its number.
        lasts_seconds: for how long, where it lasts.
        number: drawn for whatever else it needs.
    """

    at_seconds: float
    kind: FaultKind
    whom: str
    lasts_seconds: float
    number: int

    def __str__(self) -> str:
        """Return it for the story."""
        lasts = f" for {self.lasts_seconds:.1f} s" if self.kind in _LASTING else ""
        return f"{self.kind} {self.whom}{lasts}"


_LASTING = frozenset({"kill_node", "freeze_node", "kill_server", "break_store", "slow"})
_OF_JOBS = frozenset({"submit", "cancel", "pause", "resume", "delete"})
JOBS = 12


def drawn_happenings(seed: int) -> list[Happening]:
    """Return what happens in the world of a seed, in order."""
    chance = random.Random(f"happenings {seed}")
    kinds = list(_WEIGHTS)
    weights = list(_WEIGHTS.values())
    first = [
        Happening(chance.uniform(0, 5), "submit", f"job-{number}", 0.0, chance.randrange(100)) for number in range(3)
    ]
    later = [_drawn(chance, kind) for kind in chance.choices(kinds, weights, k=chance.randint(5, 40))]
    return sorted(first + later)


def _drawn(chance: random.Random, kind: FaultKind) -> Happening:
    whom = f"job-{chance.randrange(JOBS)}" if kind in _OF_JOBS else chance.choice(NODES)
    lasts = chance.choice((0.3, 2.0, 8.0, 25.0))
    return Happening(chance.uniform(1.0, FAULTY_SECONDS), kind, whom, lasts, chance.randrange(100))
