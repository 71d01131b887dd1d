"""Contenders in processes of their own that train in turn: one child a contender, one line a round.

A child names the ways it can train, then trains a round of one way for each line it reads and answers with its pace.
While one trains the others sleep on their standard input, so nobody's threads or memory are in another's way.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly one round trained: by the wall's clock, and by what all its threads took of the cores.

    The second hardly depends on what else the machine does, but counts threads that wait by spinning as busy.
    """

    samples_a_second: float
    samples_a_core_second: float


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        """Start."""
        self._wall, self._cores = time.perf_counter(), time.process_time()

    def pace(self, samples: int) -> Pace:
        """Stop after so many samples."""
        return Pace(samples / (time.perf_counter() - self._wall), samples / (time.process_time() - self._cores))


Way = Callable[[], Pace]
"""Trains one round."""


def serve_ways(ways: Mapping[str, Way]) -> None:
    """Be the child: say what there is, and train what is asked until standard input ends."""
    print("\t".join(ways), flush=True)
    for line in sys.stdin:
        pace = ways[line.strip()]()
        print(pace.samples_a_second, pace.samples_a_core_second, flush=True)


class Contender:
    """The parent's side of one child."""

    def __init__(self, module: str, workload: str) -> None:
        """Start `python -m module workload`; what it writes to standard error is shown."""
        self._name = f"{module} {workload}"
        self._child = subprocess.Popen(
            [sys.executable, "-m", module, workload], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ways = tuple(way for way in self._answer().split("\t") if way)

    def __enter__(self) -> Self:
        """End the child with the block."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close its standard input, which ends it."""
        self._child.communicate()

    def train(self, way: str) -> Pace:
        """Have one round trained."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{way}\n")
        self._child.stdin.flush()
        return Pace(*map(float, self._answer().split()))

    def _answer(self) -> str:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with {self._child.wait()}")
        return line.strip()
