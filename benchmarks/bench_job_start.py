"""From a job's spec to its first finished step: program never seen, seen in this process, seen by an earlier process.

Each round runs three fresh processes: a node's engine on an empty compilation cache, the same on the cache that the
first one left, and a bare loop that draws its weights and trains in two jitted calls. Data are loaded in all of them.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import milliseconds, print_figure, print_machine

ROUNDS = 1
MODELS = ("mlp", "cnn")


def main() -> None:
    """Measure the models that are asked for, or both, and print the figures of each."""
    print_machine()
    for model in sys.argv[1:] or MODELS:
        with tempfile.TemporaryDirectory(prefix="cyxwiz-benchmark-") as folder:
            rounds = [_round(model, Path(folder) / str(number)) for number in range(ROUNDS)]
        _print(model, rounds)


def _round(model: str, state_dir: Path) -> Sequence[dict[str, Any]]:
    return [_measured("engine", model, state_dir), _measured("engine", model, state_dir), _measured("bare", model)]


def _measured(way: str, model: str, *more: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.first_steps", way, model, *map(str, more)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=280)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _print(model: str, rounds: Sequence[Sequence[dict[str, Any]]]) -> None:
    fresh, warm, bare = ([measured[place] for measured in rounds] for place in range(3))
    again = [seconds for measured in fresh for seconds in measured["again_seconds"]]
    print_figure(f"{model}: first step, new program in a warm process", _seconds(fresh, "first_seconds"), goal="≤ 1 s")
    print_figure(f"{model}: the same, processor time", _seconds(fresh, "first_processor_seconds"))
    print_figure(f"{model}: the same in a bare JAX loop", _seconds(bare, "first_seconds"))
    print_figure(f"{model}: first step, program seen in the process", milliseconds(again), goal="≤ 30 ms")
    events = sum(measured["again_events"] for measured in fresh)
    print_figure(f"{model}: traces and compiles of those {len(again)} jobs", str(events), goal="0")
    print_figure(f"{model}: first step, program seen by an earlier process", _seconds(warm, "first_seconds"))
    compiling, loading = (_median(measured, "compile_seconds") for measured in (fresh, warm))
    parts = f"{compiling / loading:.1f} ({compiling:.2f} s to {loading:.3f} s)"
    print_figure(f"{model}: compile time without to with the persistent cache", parts, goal="≥ 5")


def _seconds(measured: Sequence[dict[str, Any]], name: str) -> str:
    return f"{_median(measured, name):.2f} s, median of {len(measured)}"


def _median(measured: Sequence[dict[str, Any]], name: str) -> float:
    return statistics.median(float(one[name]) for one in measured)


if __name__ == "__main__":
    main()
