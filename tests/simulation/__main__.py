"""`python -m tests.simulation --seeds N [--first K]`: runs worlds until one breaks a promise, and tells its story."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.world import shortest_story, story_of


def main() -> int:
    """Run the seeds on all cores; return 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    said = parser.parse_args()
    seeds = range(said.first, said.first + said.seeds)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for seed, broken in zip(seeds, pool.map(_broken, seeds, chunksize=20), strict=True):
            if broken:
                _say(f"seed {seed}: {broken}", *shortest_story(seed).lines)
                pool.shutdown(cancel_futures=True)
                return 1
    _say(f"{said.seeds} worlds from seed {said.first}: every promise was kept")
    return 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _broken(seed: int) -> str:
    return story_of(seed).broken


if __name__ == "__main__":
    sys.exit(main())
