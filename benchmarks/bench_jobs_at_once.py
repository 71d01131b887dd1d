"""Samples a second of eight small jobs at once on two cores, against the same eight one after another.

One after another is trained with one and with two threads of XLA, in chunks as long as an epoch, and the better of
these counts in every round. At once is a node's own way, a thread a job and chunks of 50 ms, with each number of
threads too. A number of threads has a process of its own, because XLA reads it once; programs are compiled before.
Core time stands beside the wall's, and so do the cores that were had: where others use the machine, the ratio by the
wall says little.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.figures import print_figure, print_machine, ratio_of_pairs
from benchmarks.rounds import Contender, Pace

ROUNDS = 7
THREADS = ("1", "2")
WAYS = ("alone", "at once")
Round = dict[tuple[str, str], Pace]


def main() -> None:
    """Let all settings train in turn, print each, and the ratio of the best ones of every round."""
    print_machine()
    with ExitStack() as children:
        contenders = {name: children.enter_context(Contender("benchmarks.small_jobs", name)) for name in THREADS}
        rounds = [{(way, name): contenders[name].train(way) for way in WAYS for name in THREADS} for _ in range(ROUNDS)]
    for way, threads in rounds[0]:
        print_figure(f"{way}, threads {threads}", _described([one[way, threads] for one in rounds]))
    for title, measure in (("", "samples_a_second"), (" by core time", "samples_a_core_second")):
        alone, at_once = ([_best(one, way, measure) for one in rounds] for way in WAYS)
        goal = "≥ 1.7" if measure == "samples_a_second" else "≥ 0.85"
        print_figure(f"at once to one after another at its best{title}", ratio_of_pairs(at_once, alone), goal=goal)


def _described(paces: Sequence[Pace]) -> str:
    rate = statistics.median(pace.samples_a_second for pace in paces)
    cores = statistics.median(pace.samples_a_second / pace.samples_a_core_second for pace in paces)
    return f"{rate:,.0f} samples/s on {cores:.2f} cores, medians of {len(paces)} rounds"


def _best(one: Round, way: str, measure: str) -> float:
    return max(float(getattr(one[way, threads], measure)) for threads in THREADS)


if __name__ == "__main__":
    main()
