"""Samples per second of the training engine beside a bare JAX loop, Keras 3 and PyTorch on the same work, in turn.

`python -m benchmarks.bench_engine_ratio mlp bare torch` measures one work against two; whatever is not named is all
there is. Each contender is a process of
its own (`rounds`); in every round each trains once, so that a slower minute slows them all. The bare loop is the best
of its ways in trial rounds. Keras and PyTorch take part where `benchmarks/requirements.txt` is installed.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from benchmarks.figures import print_figure, print_machine, ratio_of_pairs
from benchmarks.rounds import Contender, Pace
from benchmarks.workloads import WORKLOADS, make_workload

ROUNDS = 5
TRIALS = 2
OTHERS = ("bare", "torch", "keras")
GOALS: Mapping[str, Mapping[str, str]] = {
    "bare": dict.fromkeys(WORKLOADS, "≥ 0.97"),
    "torch": {"mlp": "≥ 2", "cnn": "≥ 1", "lm": "≥ 1"},
}


def main() -> None:
    """Measure what the command line names."""
    print_machine()
    others = tuple(name for name in OTHERS if name in sys.argv) or OTHERS
    for workload in [name for name in WORKLOADS if name in sys.argv] or WORKLOADS:
        _compare(workload, ("engine", *others))


def _compare(workload: str, contenders: Sequence[str]) -> None:
    with ExitStack() as stack:
        children = {name: stack.enter_context(Contender(f"benchmarks.{name}_loop", workload)) for name in contenders}
        chosen = _chosen(children)
        rates: dict[tuple[str, str], list[Pace]] = {entry: [] for entry in chosen}
        for _ in range(ROUNDS):
            for name, way in chosen:
                rates[name, way].append(children[name].train(way))
    _print(workload, rates)


def _chosen(children: Mapping[str, Contender]) -> list[tuple[str, str]]:
    """Warm every way up, and keep all ways of all contenders but the bare loop, of which the best."""
    trials = {
        (name, way): [child.train(way).samples_a_second for _ in range(TRIALS)]
        for name, child in children.items()
        for way in child.ways
    }
    bare = {entry: max(rates) for entry, rates in trials.items() if entry[0] == "bare"}
    for (_, way), rate in bare.items():
        print(f"  bare loop, {way}: {rate:,.0f} samples a second at best in trials", flush=True)
    best = max(bare, key=lambda entry: bare[entry], default=None)
    return [entry for entry in trials if entry == best or entry[0] != "bare"]


def _print(workload: str, paces: Mapping[tuple[str, str], Sequence[Pace]]) -> None:
    title, ours = make_workload(workload).title, paces["engine", "engine"]
    print_figure(f"{title}, engine", f"{_median(ours):,.0f} samples a second")
    for (name, way), theirs in paces.items():
        if name != "engine":
            goal = GOALS.get(name, {}).get(workload, "")
            versus = f"{title}, engine against {name} ({way}, {_median(theirs):,.0f} samples a second)"
            print_figure(versus, _ratio("samples_a_second", ours, theirs), goal=goal)
            print_figure("  the same by core time", _ratio("samples_a_core_second", ours, theirs))


def _median(paces: Sequence[Pace]) -> float:
    return statistics.median(pace.samples_a_second for pace in paces)


def _ratio(measure: str, ours: Sequence[Pace], theirs: Sequence[Pace]) -> str:
    return ratio_of_pairs([getattr(pace, measure) for pace in ours], [getattr(pace, measure) for pace in theirs])


if __name__ == "__main__":
    main()
