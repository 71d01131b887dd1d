"""Samples per second of the training engine beside a bare JAX loop, Keras 3 and PyTorch on the same work, in turn.

`python -m benchmarks.bench_engine_ratio mlp` measures one work, none named all three. Each contender is a process of
its own (`rounds`); in every round each trains once, so that a slower minute slows them all. The bare loop is the best
of its ways in trial rounds. Keras and PyTorch take part where `benchmarks/requirements.txt` is installed.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from benchmarks.figures import print_figure, print_machine, ratio_of_pairs
from benchmarks.rounds import Contender
from benchmarks.workloads import WORKLOADS, make_workload

ROUNDS = 5
TRIALS = 2
CONTENDERS = ("engine", "bare", "torch", "keras")
GOALS: Mapping[str, Mapping[str, str]] = {
    "bare": dict.fromkeys(WORKLOADS, "≥ 0.97"),
    "torch": {"mlp": "≥ 2", "cnn": "≥ 1", "lm": "≥ 1"},
}


def main() -> None:
    """Measure the works named on the command line."""
    print_machine()
    for workload in sys.argv[1:] or WORKLOADS:
        _compare(workload)


def _compare(workload: str) -> None:
    with ExitStack() as stack:
        children = {name: stack.enter_context(Contender(f"benchmarks.{name}_loop", workload)) for name in CONTENDERS}
        chosen = _chosen(children)
        rates: dict[tuple[str, str], list[float]] = {entry: [] for entry in chosen}
        for _ in range(ROUNDS):
            for name, way in chosen:
                rates[name, way].append(children[name].train(way))
    _print(workload, rates)


def _chosen(children: Mapping[str, Contender]) -> list[tuple[str, str]]:
    """Warm every way up, and keep all ways of all contenders but the bare loop, of which the best."""
    trials = {
        (name, way): [child.train(way) for _ in range(TRIALS)] for name, child in children.items() for way in child.ways
    }
    bare = {entry: max(rates) for entry, rates in trials.items() if entry[0] == "bare"}
    for (_, way), rate in bare.items():
        print(f"  bare loop, {way}: {rate:,.0f} samples a second at best in trials")
    best = max(bare, key=lambda entry: bare[entry])
    return [entry for entry in trials if entry == best or entry[0] != "bare"]


def _print(workload: str, rates: Mapping[tuple[str, str], Sequence[float]]) -> None:
    title, ours = make_workload(workload).title, rates["engine", "engine"]
    print_figure(f"{title}, engine", f"{statistics.median(ours):,.0f} samples a second")
    for (name, way), theirs in rates.items():
        if name != "engine":
            print_figure(
                f"{title}, engine against {name} ({way}, {statistics.median(theirs):,.0f} samples a second)",
                ratio_of_pairs(ours, theirs),
                goal=GOALS.get(name, {}).get(workload, ""),
            )


if __name__ == "__main__":
    main()
